#include "protocols/tapo/camera_secure.hpp"

#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

std::string join(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
}

} // namespace

std::string_view to_string(HashForm form) { return form == HashForm::sha256 ? "sha256" : "md5"; }

std::string password_hash(HashForm form, std::string_view password) {
    return form == HashForm::sha256 ? crypto::sha256_hex_upper(password) : crypto::md5_hex_upper(password);
}

std::string device_confirm(std::string_view cnonce, std::string_view hash, std::string_view nonce) {
    return join({crypto::sha256_hex_upper(join({cnonce, hash, nonce})), nonce, cnonce});
}

std::optional<HashForm> match_hash(std::string_view password, std::string_view cnonce, std::string_view nonce,
                                   std::string_view confirm) {
    for (const HashForm form : {HashForm::sha256, HashForm::md5}) {
        const std::string expected = device_confirm(cnonce, password_hash(form, password), nonce);
        if (equal_constant_time(as_bytes(expected), as_bytes(confirm))) return form;
    }
    return std::nullopt;
}

std::string digest_passwd(std::string_view hash, std::string_view cnonce, std::string_view nonce) {
    return join({crypto::sha256_hex_upper(join({hash, cnonce, nonce})), cnonce, nonce});
}

SecureChannel::SecureChannel(std::string_view hash, std::string_view cnonce, std::string_view nonce)
    : tag_seed_(crypto::sha256_hex_upper(join({hash, cnonce}))) {
    const std::string hashed_key = crypto::sha256_hex_upper(join({cnonce, hash, nonce}));
    lsk_ = crypto::aes_key(crypto::sha256(join({"lsk", cnonce, nonce, hashed_key})));
    ivb_ = crypto::aes_key(crypto::sha256(join({"ivb", cnonce, nonce, hashed_key})));
}

std::string SecureChannel::seal(std::string_view plain) const {
    const std::string request = base64_encode(crypto::aes128_cbc_encrypt(lsk_, ivb_, as_bytes(plain)));
    return join({R"({"method":"securePassthrough","params":{"request":")", request, R"("}})"});
}

std::string SecureChannel::tag(std::string_view body, std::int64_t seq) const {
    return crypto::sha256_hex_upper(join({tag_seed_, body, std::to_string(seq)}));
}

Result<std::string> SecureChannel::open(std::string_view response) const {
    if (const auto cipher = base64_decode(response)) {
        const auto plain = crypto::aes128_cbc_decrypt(lsk_, ivb_, *cipher);
        if (plain) return std::string(as_text(*plain));
    }
    if (parse_object(response)) return std::string(response);
    return fail(Errc::malformed, "reply does not decrypt");
}

} // namespace tplink::tapo
