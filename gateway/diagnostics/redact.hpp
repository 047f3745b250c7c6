#pragma once
// Makes what devices say fit to be shown to strangers.

#include <boost/json/value.hpp>
#include <map>
#include <regex>
#include <string>

#include "protocols/base/secret.hpp"

namespace tplink::gateway {

/// Replaces secrets by "***" and identities (MAC, ids, names, places, networks) by pseudonyms that stay the same within
/// one Redactor, so that relations can still be seen. Keys and everything else stay.
class Redactor {
public:
    Redactor() = default;
    /// With a key, pseudonyms are the same in every Redactor with it: two bundles of one installation can be compared.
    explicit Redactor(Secret key) : key_(std::move(key)) {}

    /// From now on replaced wherever it stands, also in the middle of a text. Shorter than 4 bytes: ignored, it would
    /// hit innocent words.
    void hide_secret(const std::string& text);
    void hide_identity(const std::string& text);
    /// All usual spellings of it.
    void hide_mac(const std::string& mac);

    boost::json::value redact(const boost::json::value& value);
    /// A text such as a log line or URL: MAC, IPv4 and e-mail addresses and "stok=..." in it are replaced.
    std::string redact_text(const std::string& text);

private:
    boost::json::value redact_member(std::string_view key, const boost::json::value& value);
    std::string replaced(const std::string& text, const std::regex& what, bool mac);
    std::string without_mails(const std::string& text);
    std::string pseudonym(const std::string& text, bool mac);
    std::map<std::string, std::string> names_;
    std::map<std::string, std::string> hidden_;  ///< text -> what stands instead
    Secret key_;
    int macs_ = 0, others_ = 0;
};

}  // namespace tplink::gateway
