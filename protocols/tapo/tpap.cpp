#include "protocols/tapo/tpap.hpp"

#include <algorithm>
#include <array>

#include "protocols/base/crypto.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxField = 1024;  // bytes of one base64 field; a P-521 point has 133
constexpr std::size_t kPbkdf2Bytes = 80; // two scalars of 40
constexpr std::size_t kMaxPake = 16;
constexpr std::size_t kMaxSaltChars = 16;   // of sha256-crypt; longer ones are cut
constexpr std::uint8_t kAuthkeyFill = 0xBB; // stands for characters that are not there

struct CipherName {
    std::string_view name; ///< in "encryption"
    crypto::AeadKind kind;
    std::string_view label; ///< in the labels of its keys
};
constexpr std::array kCiphers{
    CipherName{"aes_128_ccm", crypto::AeadKind::aes128_ccm, "aes128"},
    CipherName{"aes_256_ccm", crypto::AeadKind::aes256_ccm, "aes256"},
    CipherName{"chacha20_poly1305", crypto::AeadKind::chacha20_poly1305, "chacha20"},
};

Result<Buffer> field(const json::object& object, std::string_view key) {
    const std::string_view text = find_text(object, key);
    auto bytes = text.size() <= kMaxField ? base64_decode(text) : std::nullopt;
    if (!bytes || bytes->empty()) return fail(Errc::malformed, "TPAP: reply without " + std::string(key));
    return std::move(*bytes);
}

/// "$5$salt$" with the salt cut and the rounds put in when the device names them beside it.
std::string shadow_prefix(std::string prefix, std::optional<int> rounds) {
    constexpr std::string_view kHead = "$5$";
    if (!prefix.starts_with(kHead)) return prefix;
    std::string_view rest = std::string_view(prefix).substr(kHead.size());
    std::string named;
    if (rest.starts_with("rounds=")) {
        const std::size_t end = std::min(rest.find('$'), rest.size() - 1) + 1;
        named = rest.substr(0, end);
        rest.remove_prefix(end);
    }
    constexpr int kUsualRounds = 5000;
    if (rounds && (*rounds != kUsualRounds || !named.empty()))
        named = "rounds=" + std::to_string(*rounds) + "$";
    const std::string_view salt = rest.substr(0, std::min(rest.find('$'), kMaxSaltChars));
    return std::string(kHead) + named + std::string(salt) + "$";
}

std::string upper_mac(std::string_view mac) {
    const std::string plain = ascii_upper(normalize_mac(mac).value_or(""));
    std::string text;
    for (std::size_t i = 0; i + 1 < plain.size(); i += 2) text += (i > 0 ? ":" : "") + plain.substr(i, 2);
    return text;
}

Result<Secret> shadow(const json::object& params, std::string_view user, std::string_view password,
                      std::string_view mac) {
    switch (const int id = find_int(params, "passwd_id").value_or(0)) {
    case 1: return Secret(TRY(crypto::crypt_hash(password, find_text(params, "passwd_prefix"))));
    case 2: return Secret(crypto::sha1_hex_lower(password));
    case 3: return Secret(crypto::sha1_hex_lower(crypto::md5_hex_lower(user) + "_" + upper_mac(mac)));
    case 5:
        return Secret(
            TRY(crypto::crypt_hash(password, shadow_prefix(std::string(find_text(params, "passwd_prefix")),
                                                           find_int(params, "passwd_rounds")))));
    default: return fail(Errc::unsupported, "TPAP: password form " + std::to_string(id) + " is not known");
    }
}

Result<Secret> sha_with_salt(const json::object& params, std::string_view password) {
    const auto salt = base64_decode(find_text(params, "sha_salt"));
    if (!salt) return fail(Errc::malformed, "TPAP: salt is no base64");
    const std::string_view name = find_int(params, "sha_name").value_or(0) == 0 ? "admin" : "user";
    return Secret(hex_lower(crypto::sha256(concat({as_bytes(name), *salt, as_bytes(password)}))));
}

Result<Secret> authkey(const json::object& params, std::string_view password) {
    const std::string_view key = find_text(params, "authkey_tmpkey");
    const std::string_view letters = find_text(params, "authkey_dictionary");
    if (letters.empty() || letters.size() > kMaxField || key.size() > kMaxField)
        return fail(Errc::malformed, "TPAP: no dictionary for the password");
    const auto code = [](std::string_view text, std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : kAuthkeyFill;
    };
    std::string out;
    for (std::size_t i = 0; i < std::max(key.size(), password.size()); ++i)
        out.push_back(letters[static_cast<std::size_t>(code(password, i) ^ code(key, i)) % letters.size()]);
    return Secret(std::move(out));
}

} // namespace

std::optional<TpapOffer> read_tpap_offer(const json::object& result) {
    const json::object* tpap = find_object(result, "tpap");
    const json::value* preferred = result.if_contains("tpap_preferred");
    if (!tpap || (preferred && preferred->is_bool() && !preferred->get_bool())) return std::nullopt;
    TpapOffer offer;
    offer.tls = find_int(*tpap, "tls").value_or(0);
    offer.attests = find_int(*tpap, "dac").value_or(0) == 1;
    offer.user_hash_type = find_int(*tpap, "user_hash_type").value_or(0);
    const int port = find_int(*tpap, "port").value_or(0);
    if (port > 0 && port < 65536) offer.port = static_cast<std::uint16_t>(port);
    if (const json::array* list = find_array(*tpap, "pake"))
        for (const json::value& entry : *list)
            if (entry.is_int64() && offer.pake.size() < kMaxPake && entry.get_int64() >= 0 &&
                entry.get_int64() < 100)
                offer.pake.push_back(static_cast<int>(entry.get_int64()));
    offer.mac = find_text(result, "mac");
    return offer;
}

std::string tpap_user(TpapUser form) {
    switch (form) {
    case TpapUser::md5: return crypto::md5_hex_lower("admin");
    case TpapUser::sha256: return crypto::sha256_hex_upper("admin");
    case TpapUser::literal: break;
    }
    return "admin";
}

std::string_view plug_passcode_type(const std::vector<int>& pake) {
    const auto takes = [&](int kind) { return std::find(pake.begin(), pake.end(), kind) != pake.end(); };
    if (takes(0)) return "default_userpw";
    if (takes(2) || takes(5)) return "userpw";
    return takes(3) ? "shared_token" : "default_userpw";
}

Result<TpapRegistration> read_registration(const json::object& result) {
    TpapRegistration out;
    out.device_random = TRY(field(result, "dev_random"));
    out.salt = TRY(field(result, "dev_salt"));
    out.device_share = TRY(field(result, "dev_share"));
    out.iterations = find_int(result, "iterations").value_or(0);
    if (out.iterations < 1 || out.iterations > kTpapMaxIterations)
        return fail(Errc::malformed,
                    "TPAP: " + std::to_string(out.iterations) + " iterations are not believed");
    out.suite = find_int(result, "cipher_suites").value_or(0);
    if (!crypto::spake2_suite(out.suite))
        return fail(Errc::unsupported, "TPAP: cipher suite " + std::to_string(out.suite) + " is not known");
    const std::string_view name = find_text(result, "encryption");
    const auto cipher = std::find_if(kCiphers.begin(), kCiphers.end(),
                                     [&](const CipherName& each) { return each.name == name; });
    if (cipher == kCiphers.end())
        return fail(Errc::unsupported, "TPAP: cipher '" + std::string(name.substr(0, 40)) + "' is not known");
    out.cipher = cipher->kind;
    if (const json::object* extra = find_object(result, "extra_crypt")) out.extra_crypt = *extra;
    return out;
}

Result<Secret> tpap_credential(const json::object& extra_crypt, std::string_view user,
                               std::string_view password, std::string_view mac) {
    if (extra_crypt.empty())
        return Secret(user.empty() ? std::string(password) : std::string(user) + "/" + std::string(password));
    static const json::object kNone;
    const json::object* given = find_object(extra_crypt, "params");
    const json::object& params = given ? *given : kNone;
    const std::string_view type = find_text(extra_crypt, "type");
    if (type == "password_shadow") return shadow(params, user, password, mac);
    if (type == "password_sha_with_salt") return sha_with_salt(params, password);
    if (type == "password_authkey") return authkey(params, password);
    return fail(Errc::unsupported,
                "TPAP: password form '" + std::string(type.substr(0, 40)) + "' is not known");
}

Result<Secret> factory_passcode(std::string_view mac) {
    constexpr std::string_view kSeed = "GqY5o136oa4i6VprTlMW2DpVXxmfW8";
    constexpr std::size_t kHalf = 3;
    const auto plain = normalize_mac(mac);
    const auto bytes = plain ? from_hex(*plain) : std::nullopt;
    if (!bytes) return fail(Errc::malformed, "TPAP: the device tells no MAC address");
    const Bytes m(*bytes);
    const Buffer seed = concat({as_bytes(kSeed), m.subspan(kHalf), m.first(kHalf)});
    return Secret(hex_upper(crypto::hkdf_sha256(seed, as_bytes("tp-kdf-salt-default-passcode"),
                                                "tp-kdf-info-default-passcode", kTpapRandomBytes)));
}

Result<crypto::Spake2Output> tpap_prove(const TpapRegistration& registration, const Secret& credential,
                                        Bytes user_random, Bytes x, bool short_w0) {
    const Buffer scalars =
        crypto::pbkdf2_sha256(credential.reveal(), registration.salt, registration.iterations, kPbkdf2Bytes);
    const crypto::Spake2Suite suite = *crypto::spake2_suite(registration.suite);
    const Buffer context =
        crypto::digest(suite.hash, concat({as_bytes("PAKE V1"), user_random, registration.device_random}));
    return crypto::spake2_prove({.suite = suite,
                                 .w0 = Bytes(scalars).first(kPbkdf2Bytes / 2),
                                 .w1 = Bytes(scalars).subspan(kPbkdf2Bytes / 2),
                                 .x = x,
                                 .device_share = registration.device_share,
                                 .context = context,
                                 .short_w0 = short_w0});
}

TpapCipher::TpapCipher(crypto::AeadKind kind, crypto::Hash hash, Bytes shared_key) {
    const auto cipher = std::find_if(kCiphers.begin(), kCiphers.end(),
                                     [&](const CipherName& each) { return each.kind == kind; });
    const auto derive = [&](std::string_view what, std::size_t length) {
        const std::string label = std::string(cipher->label) + "-" + std::string(what);
        return crypto::hkdf(hash, shared_key, as_bytes("tp-kdf-salt-" + label), "tp-kdf-info-" + label,
                                   length);
    };
    aead_.emplace(kind, derive("key", crypto::key_bytes(kind)));
    base_nonce_ = derive("iv", std::tuple_size_v<crypto::AeadNonce>);
}

crypto::AeadNonce TpapCipher::nonce(std::uint32_t seq) const {
    crypto::AeadNonce nonce{};
    std::copy(base_nonce_.begin(), base_nonce_.end(), nonce.begin());
    store_be32(std::span(nonce).last<kTpapSeqBytes>(), seq);
    return nonce;
}

Buffer TpapCipher::seal(std::uint32_t seq, Bytes plain) {
    std::array<std::byte, kTpapSeqBytes> head{};
    store_be32(head, seq);
    return aead_->seal(nonce(seq), plain, head);
}

Result<Buffer> TpapCipher::open(Bytes frame) {
    if (frame.size() <= kTpapSeqBytes) return fail(Errc::malformed, "TPAP: reply is too short");
    return aead_->open(nonce(load_be32(frame.first<kTpapSeqBytes>())), frame.subspan(kTpapSeqBytes));
}

std::optional<json::object> clear_refusal(std::string_view body) {
    if (!body.starts_with('{')) return std::nullopt; // a frame may begin so too, but is no JSON then
    auto object = parse_object(body);
    if (!object || !object->contains("error_code")) return std::nullopt;
    return std::move(*object);
}

} // namespace tplink::tapo
