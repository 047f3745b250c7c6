#pragma once
// Makes what devices say fit to be shown to strangers.

#include <boost/json/value.hpp>
#include <map>
#include <regex>
#include <string>

namespace tplink::gateway {

/// Replaces secrets by "***" and identities (MAC, ids, names, places, networks) by pseudonyms that stay the same within
/// one Redactor, so that relations can still be seen. Keys and everything else stay.
class Redactor {
public:
    boost::json::value redact(const boost::json::value& value);
    /// A text such as a log line or URL: MAC and IPv4 addresses and "stok=..." in it are replaced.
    std::string redact_text(const std::string& text);

private:
    boost::json::value redact_member(std::string_view key, const boost::json::value& value);
    std::string replaced(const std::string& text, const std::regex& what, bool mac);
    std::string pseudonym(const std::string& text, bool mac);
    std::map<std::string, std::string> names_;
    int macs_ = 0, others_ = 0;
};

}  // namespace tplink::gateway
