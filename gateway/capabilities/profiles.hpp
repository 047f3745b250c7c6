#pragma once
// Rows a user adds for a device we do not know yet: profiles/*.yaml in the state folder (CONTRIBUTING, "Profiles").

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {

/// Immutable once loaded, and it outlives every row it gave out. Thread-safe.
class Profiles {
public:
    /// All *.yaml files of the folder, by name. A folder that does not exist holds none. What is wrong is added to
    /// `faults`; a row with a fault is left out, the others count.
    static std::shared_ptr<const Profiles> load(const std::string& folder, std::vector<ConfigFault>& faults);
    /// The same from one text.
    static std::shared_ptr<const Profiles> parse(std::string_view yaml, const std::string& file, std::vector<ConfigFault>& faults);

    /// Everything of a family, with the rows of the profiles that are for it and this model. Rows of profiles come last,
    /// and an id that exists already is a further variant of it.
    Table table(Family family, const std::string& model) const;
    std::size_t size() const;

private:
    struct Profile;
    std::string_view keep(std::string text);
    void read(std::string_view yaml, const std::string& file, std::vector<ConfigFault>& faults);

    std::vector<std::shared_ptr<const Profile>> profiles_;
    std::deque<std::string> texts_;                        // what the rows point at
    std::deque<std::vector<std::string_view>> lists_;
    mutable std::mutex mutex_;                             // guards the tables made so far
    mutable std::map<std::pair<Family, std::string>, std::vector<Capability>> tables_;

    friend struct RowReader;
};

}  // namespace tplink::gateway
