#include "media/rtsp/auth.hpp"

#include <algorithm>
#include <map>

#include "protocols/base/crypto.hpp"

namespace tplink::media::rtsp {
namespace {

constexpr std::string_view kRealm = "tplink2mqtt";

/// `a="b", c=d`: names in lower case, values without quotes.
std::map<std::string, std::string> parse_fields(std::string_view text) {
    std::map<std::string, std::string> fields;
    while (!text.empty()) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
        const std::string name = ascii_lower(text.substr(0, text.find_first_of("= ,")));
        text.remove_prefix(name.size());
        if (!text.starts_with('=')) {
            if (text.empty()) break;
            text.remove_prefix(1);
            continue;
        }
        text.remove_prefix(1);
        const bool quoted = text.starts_with('"');
        if (quoted) text.remove_prefix(1);
        const std::string_view value = text.substr(0, text.find_first_of(quoted ? "\"" : ", \t"));
        text.remove_prefix(std::min(value.size() + (quoted ? 1U : 0U), text.size()));
        if (!name.empty()) fields.emplace(name, value);
    }
    return fields;
}

// Hashed first, so that the comparison tells nothing about lengths.
bool same(std::string_view a, std::string_view b) { return equal_constant_time(crypto::sha256(a), crypto::sha256(b)); }

}  // namespace

bool Auth::admits(std::string_view method, std::string_view authorization) const {
    if (user_.username.empty()) return true;
    const std::string scheme = ascii_lower(authorization.substr(0, authorization.find(' ')));
    authorization.remove_prefix(std::min(scheme.size() + 1, authorization.size()));
    if (scheme == "basic") return admits_basic(authorization);
    return scheme == "digest" && admits_digest(method, authorization);
}

bool Auth::admits_basic(std::string_view encoded) const {
    const auto decoded = base64_decode(encoded);
    return decoded && same(as_text(*decoded), user_.username + ":" + user_.password.reveal());
}

bool Auth::admits_digest(std::string_view method, std::string_view text) const {
    auto fields = parse_fields(text);
    if (fields["username"] != user_.username || fields["realm"] != kRealm || fields["nonce"] != nonce_) return false;
    if (const std::string algorithm = ascii_lower(fields["algorithm"]); !algorithm.empty() && algorithm != "md5") return false;
    const std::string ha1 = crypto::md5_hex_lower(user_.username + ":" + std::string(kRealm) + ":" + user_.password.reveal());
    const std::string ha2 = crypto::md5_hex_lower(std::string(method) + ":" + fields["uri"]);
    std::string middle = nonce_;
    if (!fields["qop"].empty()) middle += ":" + fields["nc"] + ":" + fields["cnonce"] + ":" + fields["qop"];
    return same(ascii_lower(fields["response"]), crypto::md5_hex_lower(ha1 + ":" + middle + ":" + ha2));
}

std::vector<std::string> Auth::challenges() const {
    const std::string realm = "realm=\"" + std::string(kRealm) + "\"";
    return {"Digest " + realm + ", nonce=\"" + nonce_ + "\", algorithm=MD5", "Basic " + realm};
}

}  // namespace tplink::media::rtsp
