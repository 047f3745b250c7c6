#include "protocols/stream/digest.hpp"

#include <algorithm>
#include <optional>

#include "protocols/base/crypto.hpp"

namespace tplink::stream {
namespace {

constexpr std::string_view kSpaces = " \t";
constexpr std::string_view kNonceCount = "00000001"; // every connection sends one authorized request only

void skip(std::string_view& text, std::string_view characters) {
    text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
}

std::string_view take_until(std::string_view& text, std::string_view characters) {
    const std::string_view taken = text.substr(0, text.find_first_of(characters));
    text.remove_prefix(taken.size());
    return taken;
}

std::string_view take_quoted(std::string_view& text) {
    text.remove_prefix(1);
    std::size_t end = 0;
    while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
    const std::string_view value = text.substr(0, std::min(end, text.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
}

struct Parameter {
    std::string name;
    std::string_view value;
};

std::optional<Parameter> take_parameter(std::string_view& text) {
    skip(text, " \t,;");
    if (text.empty()) return std::nullopt;
    Parameter parameter{ascii_lower(take_until(text, " \t,;=")), {}};
    skip(text, kSpaces);
    if (!text.starts_with('=')) return parameter;
    text.remove_prefix(1);
    skip(text, kSpaces);
    parameter.value = text.starts_with('"') ? take_quoted(text) : take_until(text, " \t,;");
    return parameter;
}

std::string join(std::initializer_list<std::string_view> fields) {
    std::string text;
    for (const std::string_view field : fields) text.append(field).push_back(':');
    text.pop_back();
    return text;
}

bool offers_auth(std::string_view qop) {
    while (!qop.empty()) {
        skip(qop, " \t,");
        if (ascii_lower(take_until(qop, " \t,")) == "auth") return true;
    }
    return false;
}

} // namespace

Result<DigestChallenge> parse_digest_challenge(std::string_view header) {
    skip(header, kSpaces);
    if (ascii_lower(take_until(header, kSpaces)) != "digest")
        return fail(Errc::malformed, "WWW-Authenticate: not a Digest challenge");
    DigestChallenge challenge;
    std::string algorithm = "md5";
    while (auto parameter = take_parameter(header)) {
        if (parameter->name == "realm") challenge.realm = parameter->value;
        if (parameter->name == "nonce") challenge.nonce = parameter->value;
        if (parameter->name == "opaque") challenge.opaque = parameter->value;
        if (parameter->name == "qop") challenge.qop = parameter->value;
        if (parameter->name == "encrypt_type") challenge.encrypt_type = parameter->value;
        if (parameter->name == "algorithm") algorithm = ascii_lower(parameter->value);
    }
    if (challenge.nonce.empty()) return fail(Errc::malformed, "WWW-Authenticate: no nonce");
    challenge.sha256 = algorithm == "sha-256";
    if (algorithm != "md5" && !challenge.sha256)
        return fail(Errc::unsupported, "WWW-Authenticate: unknown algorithm " + algorithm);
    if (!challenge.qop.empty() && !offers_auth(challenge.qop))
        return fail(Errc::unsupported, "WWW-Authenticate: unknown qop " + challenge.qop);
    return challenge;
}

std::string digest_response(const DigestChallenge& challenge, std::string_view username,
                            std::string_view secret, std::string_view method, std::string_view uri,
                            std::string_view cnonce) {
    const auto hash = challenge.sha256 ? crypto::sha256_hex_lower : crypto::md5_hex_lower;
    const std::string ha1 = hash(join({username, challenge.realm, secret}));
    const std::string ha2 = hash(join({method, uri}));
    if (challenge.qop.empty()) return hash(join({ha1, challenge.nonce, ha2}));
    return hash(join({ha1, challenge.nonce, kNonceCount, cnonce, "auth", ha2}));
}

std::string digest_authorization(const DigestChallenge& challenge, std::string_view username,
                                 std::string_view secret, std::string_view method, std::string_view uri,
                                 std::string_view cnonce) {
    const auto quoted = [](std::string_view name, std::string_view value) {
        return std::string(name) + "=\"" + std::string(value) + "\"";
    };
    std::string text = "Digest " + quoted("username", username) + ", " + quoted("realm", challenge.realm) +
                       ", " + quoted("nonce", challenge.nonce) + ", " + quoted("uri", uri);
    if (!challenge.qop.empty())
        text += ", qop=auth, nc=" + std::string(kNonceCount) + ", " + quoted("cnonce", cnonce);
    text += ", " + quoted("response", digest_response(challenge, username, secret, method, uri, cnonce));
    if (!challenge.opaque.empty()) text += ", " + quoted("opaque", challenge.opaque);
    return text + (challenge.sha256 ? ", algorithm=SHA-256" : ", algorithm=MD5");
}

std::string vigi_security_encode(std::string_view password) {
    constexpr std::string_view kShort = "RDpbLfCPsJZ7fiv";
    constexpr std::string_view kLong = "yLwVl0zKqws7LgKPRQ84Mdt708T1qQ3Ha7xv3H7NyU84p21BriUWBU43odz3iP4rBL3cD"
                                       "02KZciXTysVXiV8ngg6vL48rPJyAUw0HurW2"
                                       "0xqxv9aYb4M9wK1Ae0wlro510qXeU07kV57fQMc8L6aLgMLwygtc0F10a0Dg70TOoouyF"
                                       "hdysuRMO51yY5ZlOZZLEal1h0t9YQW0Ko7oB"
                                       "wmCAHoic4HYbUyVeU3sfQ1xtXcPcf1aT303wAQhv66qzW";
    static_assert(kShort.size() == 15 && kLong.size() == 255);
    constexpr unsigned char kFill = 187;
    std::string encoded(std::max(password.size(), kShort.size()), '\0');
    for (std::size_t i = 0; i < encoded.size(); ++i) {
        const unsigned a = i < kShort.size() ? static_cast<unsigned char>(kShort[i]) : kFill;
        const unsigned b = i < password.size() ? static_cast<unsigned char>(password[i]) : kFill;
        encoded[i] = kLong[(a ^ b) % kLong.size()];
    }
    return encoded;
}

} // namespace tplink::stream
