#pragma once
// Settings changed at run time, by page or MQTT: kept beside the file, which is the user's and is not written.

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "gateway/config/configuration.hpp"

namespace tplink::gateway {

/// By dotted key ("mqtt.host"). The later word wins: an entry counts only while the file says what it said when the
/// entry was made; once the user edits that line, the file counts again.
struct Overlay {
    struct Entry {
        boost::json::value value;
        std::string over;  ///< digest of what the file said
        bool operator==(const Entry&) const = default;
    };
    std::map<std::string, Entry> entries;

    static Overlay from_text(const std::string& json_text);
    std::string to_text() const;
};

/// load_config() with the overlay between file and environment. `file` empty: no file.
LoadedConfig load_with(const Overlay& overlay, const std::string& file, const Environment& environment);

/// The overlay after `wanted`: {"log.level":"debug"} or {"log":{"level":"debug"}}; null gives the key back to the file.
/// Nothing is applied when faults come back.
struct OverlayChange {
    Overlay overlay;
    std::vector<ConfigFault> faults;
};
OverlayChange change_overlay(Overlay now, const boost::json::object& wanted, const std::string& file, const Environment& environment);

/// What the file says for each key, as a digest; for Overlay::Entry::over.
std::map<std::string, std::string> file_digests(const std::string& file, const std::map<std::string, boost::json::value>& keys);

/// Every setting but devices: {"mqtt.host": {"value","default","source": "default"|"file"|"page"|"environment"}}. A secret's
/// value is "***" when it is set.
boost::json::object describe_settings(const Config& config, const Overlay& overlay, const Environment& environment);

}  // namespace tplink::gateway
