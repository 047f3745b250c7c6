#pragma once
// A device document (method -> result) that setters change, so that getters tell the new value.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tplink::sim {

/// Not thread-safe.
class DocumentStore {
public:
    /// As `tplink2mqtt dump` and recordings have it; `get_<module>` entries hold old-style replies under
    /// "get".
    explicit DocumentStore(boost::json::object document) : document_(std::move(document)) {}

    bool has(std::string_view method) const { return document_.contains(method); }
    /// nullptr when the method is not in the document.
    boost::json::value* find(std::string_view method) { return document_.if_contains(method); }
    const boost::json::object& document() const { return document_; }

    /// The sections that `params` names ({"led":{"name":["config"]}}), as they are now. Nothing: one of them
    /// is unknown, or params do not ask by name.
    std::optional<boost::json::object> sections(const boost::json::object& params) const;
    /// The value at module.section of the first result that has it; nullptr: nowhere.
    const boost::json::value* section(std::string_view module, std::string_view name) const;
    /// {"led":{"config":{"enabled":"off"}}} into every result that has these fields; `method` (setX) reaches
    /// flat results of getX too. 0, or an error_code; nothing is changed then.
    int apply(std::string_view method, const boost::json::object& params);
    /// Puts a value at module.section.field wherever it stands.
    void put(std::string_view module, std::string_view section, std::string_view field,
             const boost::json::value& value);

private:
    boost::json::object document_;
};

} // namespace tplink::sim
