#pragma once
// Reads one mapping of the configuration, key by key, and collects what is wrong with it.

#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <yaml-cpp/node/node.h>

#include "gateway/config/configuration.hpp"

namespace tplink::gateway {

/// A fault that fits on one line whatever the user wrote: keys and values quoted in it may hold anything.
ConfigFault make_fault(const std::string& file, int line, std::string_view key, std::string_view message);

/// Every getter leaves `out` alone when the key is absent, and adds a fault when its value is of the wrong kind.
/// finish() reports keys nobody asked for, with the nearest known one.
class Section {
public:
    /// `path`: dotted name for faults ("" at the top); an absent node reads as empty.
    Section(YAML::Node node, std::string path, std::string file, std::vector<ConfigFault>& faults);

    void text(const std::string& key, std::string& out);
    void flag(const std::string& key, bool& out);
    void integer(const std::string& key, long& out, long low, long high);
    template <class T> void number(const std::string& key, T& out, long low, long high) {
        long value = static_cast<long>(out);
        integer(key, value, low, high);
        out = static_cast<T>(value);
    }
    void seconds(const std::string& key, std::chrono::seconds& out, long low, long high);
    /// Also reads `<key>_file`, whose first line is the secret.
    void secret(const std::string& key, Secret& out);
    void texts(const std::string& key, std::vector<std::string>& out);
    void listen(const std::string& key, Listen& out);
    template <class T> void choice(const std::string& key, T& out, std::initializer_list<std::pair<const char*, T>> options) {
        std::string name;
        text(key, name);
        if (!has(key)) return;
        std::string allowed;
        for (const auto& [word, value] : options) {
            if (name == word) {
                out = value;
                return;
            }
            allowed += (allowed.empty() ? "" : ", ") + std::string(word);
        }
        fault(key, "'" + name + "' is not allowed; use one of: " + allowed);
    }

    Section section(const std::string& key);
    std::vector<Section> sections(const std::string& key);
    bool has(const std::string& key) const;
    void fault(const std::string& key, const std::string& message);
    void finish();

private:
    YAML::Node find(const std::string& key);
    std::string name_of(const std::string& key) const;
    int line_of(const std::string& key) const;

    YAML::Node node_;
    std::string path_, file_;
    std::vector<ConfigFault>* faults_;
    std::set<std::string> known_;
};

}  // namespace tplink::gateway
