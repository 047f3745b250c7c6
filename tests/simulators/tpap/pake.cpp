#include "tests/simulators/tpap/pake.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {
namespace {

constexpr std::string_view kM = "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f";
constexpr std::string_view kN = "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49";
constexpr std::size_t kScalar = 32;
constexpr std::size_t kTag = 16;

template <auto Free> struct Deleter {
    template <class T> void operator()(T* pointer) const { Free(pointer); }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using Point = std::unique_ptr<EC_POINT, Deleter<EC_POINT_clear_free>>;
using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using Scratch = std::unique_ptr<BN_CTX, Deleter<BN_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;

void must(int result) {
    if (result != 1) throw std::runtime_error("elliptic curve arithmetic failed");
}

const unsigned char* bytes_of(Bytes data) { return reinterpret_cast<const unsigned char*>(data.data()); }
unsigned char* bytes_of(Buffer& data) { return reinterpret_cast<unsigned char*>(data.data()); }

/// P-256 and the arithmetic on it.
class Curve {
public:
    Curve() : group_(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)), scratch_(BN_CTX_new()) {}

    Number scalar(Bytes bytes) const {
        Number out(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
        must(BN_nnmod(out.get(), out.get(), EC_GROUP_get0_order(group_.get()), scratch_.get()));
        return out;
    }
    Point point() const { return Point(EC_POINT_new(group_.get())); }
    /// Null when the bytes are no point of the curve.
    Point decode(Bytes bytes) const {
        Point out = point();
        if (EC_POINT_oct2point(group_.get(), out.get(), bytes_of(bytes), bytes.size(), scratch_.get()) != 1)
            return nullptr;
        return out;
    }
    Buffer encode(const Point& point, point_conversion_form_t form = POINT_CONVERSION_UNCOMPRESSED) const {
        Buffer out(65);
        out.resize(
            EC_POINT_point2oct(group_.get(), point.get(), form, bytes_of(out), out.size(), scratch_.get()));
        return out;
    }
    /// g*G + n*P; null scalars leave their part out.
    Point multiply(const Number& g, const Point& p, const Number& n) const {
        Point out = point();
        must(EC_POINT_mul(group_.get(), out.get(), g.get(), p.get(), n.get(), scratch_.get()));
        return out;
    }
    /// a - b
    Point subtract(const Point& a, Point b) const {
        Point out = point();
        must(EC_POINT_invert(group_.get(), b.get(), scratch_.get()));
        must(EC_POINT_add(group_.get(), out.get(), a.get(), b.get(), scratch_.get()));
        return out;
    }
    bool is_identity(const Point& point) const {
        return EC_POINT_is_at_infinity(group_.get(), point.get()) == 1;
    }
    Point fixed(std::string_view hex) const { return decode(from_hex(hex).value()); }

private:
    Group group_;
    Scratch scratch_;
};

Buffer to_bytes(const Number& number) {
    Buffer out(kScalar);
    BN_bn2binpad(number.get(), bytes_of(out), static_cast<int>(out.size()));
    return out;
}

void add_sized(Buffer& out, Bytes part) {
    for (std::size_t at = 0; at < 8; ++at)
        out.push_back(static_cast<std::byte>((std::uint64_t{part.size()} >> (8 * at)) & 0xFF));
    append(out, as_text(part));
}

Buffer nonce_of(const RecordKeys& keys, std::uint32_t seq) {
    std::array<std::byte, 4> counter{};
    store_be32(counter, seq);
    return concat({Bytes(keys.base).first(8), counter});
}

} // namespace

Buffer encode_minimal(Bytes scalar) {
    while (scalar.size() > 1 && scalar.front() == std::byte{0}) scalar = scalar.subspan(1);
    Buffer out;
    if (scalar.size() % 2 == 1 && (scalar.front() & std::byte{0x80}) != std::byte{0})
        out.push_back(std::byte{0});
    append(out, as_text(scalar));
    return out;
}

PakeRecord make_pake_record(std::string_view secret, Bytes salt, int iterations) {
    Buffer derived(80);
    must(PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()), bytes_of(salt),
                           static_cast<int>(salt.size()), iterations, EVP_sha256(),
                           static_cast<int>(derived.size()), bytes_of(derived)));
    const Curve curve;
    const Number w1 = curve.scalar(Bytes(derived).subspan(40));
    return {.w0 = to_bytes(curve.scalar(Bytes(derived).first(40))),
            .verifier = curve.encode(curve.multiply(w1, nullptr, nullptr))};
}

PakeKeys pake_keys(const PakeTranscript& transcript) {
    const Curve curve;
    const Buffer context =
        sha256(concat({as_bytes("PAKE V1"), transcript.user_random, transcript.dev_random}));
    const Buffer w0 =
        transcript.form == ScalarForm::minimal ? encode_minimal(transcript.w0) : to_buffer(transcript.w0);
    const Buffer m = curve.encode(curve.fixed(kM));
    const Buffer n = curve.encode(curve.fixed(kN));
    Buffer text;
    for (const Bytes part : {Bytes(context), Bytes(), Bytes(), Bytes(m), Bytes(n), transcript.user_share,
                             transcript.dev_share, transcript.z, transcript.v, Bytes(w0)})
        add_sized(text, part);
    const Buffer hashed = sha256(text);
    const Buffer no_salt(32);
    const Buffer confirm = hkdf_sha256(hashed, no_salt, "ConfirmationKeys", 64);
    return {.user_confirm = hmac_sha256(Bytes(confirm).first(32), transcript.dev_share),
            .dev_confirm = hmac_sha256(Bytes(confirm).subspan(32), transcript.user_share),
            .shared = hkdf_sha256(hashed, no_salt, "SharedKey", 32)};
}

Buffer pake_device_share(const PakeRecord& record, Bytes y) {
    const Curve curve;
    return curve.encode(curve.multiply(curve.scalar(y), curve.fixed(kN), curve.scalar(record.w0)));
}

std::optional<PakeKeys> pake_finish(const PakeRecord& record, Bytes y, Bytes user_share, Bytes user_random,
                                    Bytes dev_random, ScalarForm form) {
    const Curve curve;
    const Point share = curve.decode(user_share);
    if (!share || curve.is_identity(share)) return std::nullopt;
    const Number secret = curve.scalar(y);
    const Point masked =
        curve.subtract(share, curve.multiply(nullptr, curve.fixed(kM), curve.scalar(record.w0)));
    if (curve.is_identity(masked)) return std::nullopt;
    const Buffer z = curve.encode(curve.multiply(nullptr, masked, secret));
    const Buffer v = curve.encode(curve.multiply(nullptr, curve.decode(record.verifier), secret));
    const Buffer whole_share = curve.encode(share);
    const Buffer own_share = pake_device_share(record, y);
    return pake_keys({.user_random = user_random,
                      .dev_random = dev_random,
                      .user_share = whole_share,
                      .dev_share = own_share,
                      .z = z,
                      .v = v,
                      .w0 = record.w0,
                      .form = form});
}

Buffer compress_point(Bytes point) {
    const Curve curve;
    return curve.encode(curve.decode(point), POINT_CONVERSION_COMPRESSED);
}

Buffer hmac_sha256(Bytes key, Bytes data) {
    Buffer out(32);
    unsigned size = 32;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), bytes_of(out),
         &size);
    return out;
}

Buffer hkdf_sha256(Bytes key, Bytes salt, std::string_view info, std::size_t size) {
    const Buffer secret = hmac_sha256(salt, key);
    Buffer out;
    Buffer block;
    for (unsigned char round = 1; out.size() < size; ++round) {
        block = hmac_sha256(secret, concat({block, as_bytes(info), Buffer{std::byte{round}}}));
        append(out, as_text(block));
    }
    out.resize(size);
    return out;
}

RecordKeys record_keys(Bytes shared) {
    return {.key = hkdf_sha256(shared, as_bytes("tp-kdf-salt-aes128-key"), "tp-kdf-info-aes128-key", 16),
            .base = hkdf_sha256(shared, as_bytes("tp-kdf-salt-aes128-iv"), "tp-kdf-info-aes128-iv", 12)};
}

Buffer record_seal(const RecordKeys& keys, std::uint32_t seq, std::string_view plain) {
    const Buffer nonce = nonce_of(keys, seq);
    const Cipher cipher(EVP_CIPHER_CTX_new());
    must(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ccm(), nullptr, nullptr, nullptr));
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_IVLEN, 12, nullptr));
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTag, nullptr));
    must(EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, bytes_of(Bytes(keys.key)),
                            bytes_of(Bytes(nonce))));
    int size = 0;
    const int whole = static_cast<int>(plain.size());
    must(EVP_EncryptUpdate(cipher.get(), nullptr, &size, nullptr, whole)); // CCM wants the length first
    Buffer sealed(plain.size() + kTag);
    must(EVP_EncryptUpdate(cipher.get(), bytes_of(sealed), &size, bytes_of(as_bytes(plain)), whole));
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTag, sealed.data() + plain.size()));
    std::array<std::byte, 4> counter{};
    store_be32(counter, seq);
    return concat({counter, sealed});
}

std::optional<std::string> record_open(const RecordKeys& keys, Bytes body) {
    if (body.size() < 4 + kTag) return std::nullopt;
    const Buffer nonce = nonce_of(keys, load_be32(body.first<4>()));
    const Bytes cipher_text = body.subspan(4, body.size() - 4 - kTag);
    Buffer tag = to_buffer(body.last(kTag));
    const Cipher cipher(EVP_CIPHER_CTX_new());
    must(EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_ccm(), nullptr, nullptr, nullptr));
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_IVLEN, 12, nullptr));
    must(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()));
    must(EVP_DecryptInit_ex(cipher.get(), nullptr, nullptr, bytes_of(Bytes(keys.key)),
                            bytes_of(Bytes(nonce))));
    int size = 0;
    const int whole = static_cast<int>(cipher_text.size());
    must(EVP_DecryptUpdate(cipher.get(), nullptr, &size, nullptr, whole));
    Buffer plain(cipher_text.size() + 1); // one more: OpenSSL takes no null pointer for nothing
    if (EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(cipher_text), whole) != 1)
        return std::nullopt;
    return std::string(as_text(Bytes(plain).first(cipher_text.size())));
}

std::string default_passcode(std::string_view mac) {
    const Buffer bytes = from_hex(normalize_mac(mac).value()).value();
    const Buffer key = concat(
        {as_bytes("GqY5o136oa4i6VprTlMW2DpVXxmfW8"), Bytes(bytes).subspan(3, 3), Bytes(bytes).first(3)});
    return hex_upper(
        hkdf_sha256(key, as_bytes("tp-kdf-salt-default-passcode"), "tp-kdf-info-default-passcode", 32));
}

} // namespace tplink::sim
