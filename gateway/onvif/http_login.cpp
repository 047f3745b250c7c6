#include "gateway/onvif/http_login.hpp"

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway::onvif {
namespace {

constexpr std::string_view kRealm = "tplink2mqtt";

/// key="value", key=value, ... (source: RFC 7616); names in lower case.
std::map<std::string, std::string> parameters(std::string_view text) {
    std::map<std::string, std::string> out;
    while (!text.empty() && out.size() < 20) {
        const auto begin = text.find_first_not_of(" ,\t");
        if (begin == std::string_view::npos) break;
        text.remove_prefix(begin);
        const auto equals = text.find('=');
        if (equals == std::string_view::npos) break;
        const std::string name = ascii_lower(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        const bool quoted = text.starts_with('"');
        if (quoted) text.remove_prefix(1);
        const auto end = std::min(text.find(quoted ? '"' : ','), text.size());
        out[name] = std::string(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

bool same(const std::string& a, const std::string& b) { return equal_constant_time(crypto::sha256(a), crypto::sha256(b)); }

}  // namespace

std::string HttpLogin::digest_challenge() {
    const std::string nonce = hex_lower(random_.bytes(16));
    const std::lock_guard lock(mutex_);
    if (nonces_.size() >= kNoncesKept) nonces_.erase(nonces_.begin());
    nonces_[nonce] = clock_.now();
    return "Digest realm=\"" + std::string(kRealm) + "\", qop=\"auth\", nonce=\"" + nonce + "\", algorithm=MD5";
}

bool HttpLogin::is_known(const std::string& nonce) {
    const std::lock_guard lock(mutex_);
    const auto at = nonces_.find(nonce);
    return at != nonces_.end() && clock_.now() - at->second < kNonceLife;
}

bool HttpLogin::admits(std::string_view method, std::string_view authorization) {
    if (user_.password.empty()) return true;
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos) return false;
    const std::string scheme = ascii_lower(authorization.substr(0, space));
    const std::string_view rest = authorization.substr(space + 1);
    if (scheme == "basic") {
        const auto decoded = base64_decode(rest);
        return decoded && same(std::string(as_text(*decoded)), user_.username + ":" + user_.password.reveal());
    }
    if (scheme != "digest") return false;
    auto given = parameters(rest);
    if (given["username"] != user_.username || !is_known(given["nonce"])) return false;
    const std::string secret = crypto::md5_hex_lower(user_.username + ":" + std::string(kRealm) + ":" + user_.password.reveal());
    const std::string asked = crypto::md5_hex_lower(std::string(method) + ":" + given["uri"]);
    const std::string middle = given["qop"].empty() ? given["nonce"] : given["nonce"] + ":" + given["nc"] + ":" + given["cnonce"] + ":" + given["qop"];
    return same(given["response"], crypto::md5_hex_lower(secret + ":" + middle + ":" + asked));
}

}  // namespace tplink::gateway::onvif
