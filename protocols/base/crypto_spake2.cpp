#include "protocols/base/crypto_spake2.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

namespace tplink::crypto {
namespace {

struct CurveData {
    int nid;
    const char* m; ///< the two points of RFC 9383, compressed
    const char* n;
};

constexpr CurveData kCurves[] = {
    {NID_X9_62_prime256v1, "02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f",
     "03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49"},
    {NID_secp384r1,
     "030ff0895ae5ebf6187080a82d82b42e2765e3b2f8749c7e05eba366434b363d3dc36f15314739074d2eb8613fceec2853",
     "02c72cf2e390853a1c1c4ad816a62fd15824f56078918f43f922ca21518f9c543bb252c5490214cf9aa3f0baab4b665c10"},
    {NID_secp521r1,
     "02003f06f38131b2ba2600791e82488e8d20ab889af753a41806c5db18d37d85608cfae06b82e4a72cd744c719193562a653ea1"
     "f119eef9356907e"
     "dc9b56979962d7aa",
     "0200c7924b9ec017f3094562894336a53c50167ba8c5963876880542bc669e494b2532d76c5b53dfb349fdf69154b9e0048c58a"
     "42e8ed04cef052a"
     "3bc349d95575cd25"},
};

struct BnDeleter {
    void operator()(BIGNUM* bn) const { BN_clear_free(bn); }
};
struct PointDeleter {
    void operator()(EC_POINT* point) const { EC_POINT_clear_free(point); }
};
struct GroupDeleter {
    void operator()(EC_GROUP* group) const { EC_GROUP_free(group); }
};
using Bn = std::unique_ptr<BIGNUM, BnDeleter>;
using Point = std::unique_ptr<EC_POINT, PointDeleter>;

void must(bool good) {
    if (!good) std::abort(); // out of memory; wrong input was refused before
}

const unsigned char* in(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

/// One calculation on one curve.
class Ec {
public:
    explicit Ec(Curve curve)
        : data_(kCurves[static_cast<std::size_t>(curve)]), group_(EC_GROUP_new_by_curve_name(data_.nid)),
          context_(BN_CTX_new(), BN_CTX_free) {
        must(group_ && context_);
        order_.reset(BN_dup(EC_GROUP_get0_order(group_.get())));
        must(order_ != nullptr);
    }

    const BIGNUM* order() const { return order_.get(); }
    std::size_t order_bytes() const { return static_cast<std::size_t>(BN_num_bytes(order_.get())); }

    Bn number(Bytes big_endian) const {
        Bn bn(BN_bin2bn(in(big_endian), static_cast<int>(big_endian.size()), nullptr));
        must(bn != nullptr);
        BN_set_flags(bn.get(), BN_FLG_CONSTTIME);
        return bn;
    }
    Bn modulo_order(Bytes big_endian) const {
        const Bn wide = number(big_endian);
        Bn bn(BN_new());
        must(bn && BN_nnmod(bn.get(), wide.get(), order_.get(), context_.get()) == 1);
        BN_set_flags(bn.get(), BN_FLG_CONSTTIME);
        return bn;
    }
    /// Nothing when the bytes are no point of the curve.
    Point point(Bytes sec1) const {
        Point point(EC_POINT_new(group_.get()));
        must(point != nullptr);
        if (sec1.empty() ||
            EC_POINT_oct2point(group_.get(), point.get(), in(sec1), sec1.size(), context_.get()) != 1 ||
            EC_POINT_is_at_infinity(group_.get(), point.get()) == 1) {
            ERR_clear_error();
            return nullptr;
        }
        return point;
    }
    Point m() const { return point(*from_hex(data_.m)); }
    Point n() const { return point(*from_hex(data_.n)); }

    Point times(const Point& point, const Bn& scalar) const {
        Point result(EC_POINT_new(group_.get()));
        must(result && EC_POINT_mul(group_.get(), result.get(), nullptr, point.get(), scalar.get(),
                                    context_.get()) == 1);
        return result;
    }
    Point base_times(const Bn& scalar) const {
        Point result(EC_POINT_new(group_.get()));
        must(result &&
             EC_POINT_mul(group_.get(), result.get(), scalar.get(), nullptr, nullptr, context_.get()) == 1);
        return result;
    }
    Point sum(const Point& a, const Point& b) const {
        Point result(EC_POINT_new(group_.get()));
        must(result && EC_POINT_add(group_.get(), result.get(), a.get(), b.get(), context_.get()) == 1);
        return result;
    }
    Point difference(const Point& a, Point b) const {
        must(EC_POINT_invert(group_.get(), b.get(), context_.get()) == 1);
        return sum(a, b);
    }
    bool is_identity(const Point& point) const {
        return EC_POINT_is_at_infinity(group_.get(), point.get()) == 1;
    }

    /// Uncompressed.
    Buffer bytes(const Point& point) const {
        Buffer out(1 + 2 * static_cast<std::size_t>((EC_GROUP_get_degree(group_.get()) + 7) / 8));
        must(EC_POINT_point2oct(group_.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                                reinterpret_cast<unsigned char*>(out.data()), out.size(),
                                context_.get()) == out.size());
        return out;
    }
    Buffer bytes(const Bn& number) const {
        Buffer out(order_bytes());
        must(BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(out.data()),
                          static_cast<int>(out.size())) >= 0);
        return out;
    }

private:
    CurveData data_;
    std::unique_ptr<EC_GROUP, GroupDeleter> group_;
    std::unique_ptr<BN_CTX, void (*)(BN_CTX*)> context_;
    Bn order_;
};

/// Length in 8 bytes, little-endian, then the part.
void add_part(Buffer& transcript, Bytes part) {
    std::uint64_t length = part.size();
    for (int i = 0; i < 8; ++i, length >>= 8) transcript.push_back(static_cast<std::byte>(length & 0xff));
    append(transcript, part);
}

struct Keys {
    Buffer ours, theirs, shared;
};

Keys derive(const Spake2Suite& suite, Bytes transcript) {
    const Buffer main = digest(suite.hash, transcript);
    const std::size_t size = suite.cmac ? 16 : 32; // also with the longer hash
    const Buffer confirmation = hkdf(suite.hash, main, {}, "ConfirmationKeys", 2 * size);
    return {to_buffer(Bytes(confirmation).first(size)), to_buffer(Bytes(confirmation).subspan(size)),
            hkdf(suite.hash, main, {}, "SharedKey", main.size())};
}

Buffer confirm(const Spake2Suite& suite, Bytes key, Bytes share) {
    return suite.cmac ? cmac_aes128(key, share) : hmac(suite.hash, key, share);
}

} // namespace

std::optional<Spake2Suite> spake2_suite(int number) {
    switch (number) {
    case 1: return Spake2Suite{Curve::p256, Hash::sha256, false};
    case 2: return Spake2Suite{Curve::p256, Hash::sha512, false};
    case 3: return Spake2Suite{Curve::p384, Hash::sha256, false};
    case 4: return Spake2Suite{Curve::p384, Hash::sha512, false};
    case 5: return Spake2Suite{Curve::p521, Hash::sha512, false};
    case 8: return Spake2Suite{Curve::p256, Hash::sha256, true};
    case 9: return Spake2Suite{Curve::p256, Hash::sha512, true};
    default: return std::nullopt;
    }
}

std::size_t scalar_bytes(Curve curve) { return Ec(curve).order_bytes(); }

bool is_scalar(Curve curve, Bytes bytes) {
    const Ec ec(curve);
    const Bn number = ec.number(bytes);
    return BN_is_zero(number.get()) == 0 && BN_cmp(number.get(), ec.order()) < 0;
}

Buffer short_number(Bytes big_endian) {
    while (big_endian.size() > 1 && u8(big_endian.front()) == 0) big_endian = big_endian.subspan(1);
    Buffer out;
    if (big_endian.size() % 2 == 1 && u8(big_endian.front()) >= 0x80) out.push_back(std::byte{0});
    append(out, big_endian);
    return out;
}

Result<Spake2Output> spake2_prove(const Spake2Input& input) {
    const Ec ec(input.suite.curve);
    const Point theirs = ec.point(input.device_share);
    if (!theirs) return fail(Errc::malformed, "SPAKE2+: the device's share is no point of the curve");
    const Bn w0 = ec.modulo_order(input.w0);
    const Bn w1 = ec.modulo_order(input.w1);
    const Bn x = ec.number(input.x);
    const Point m = ec.m(), n = ec.n();
    const Point ours = ec.sum(ec.base_times(x), ec.times(m, w0));
    const Point masked = ec.difference(theirs, ec.times(n, w0));
    const Point z = ec.times(masked, x);
    const Point v = ec.times(masked, w1);
    if (ec.is_identity(masked) || ec.is_identity(z) || ec.is_identity(v))
        return fail(Errc::malformed, "SPAKE2+: the device's share makes the secret trivial");
    const Buffer share = ec.bytes(ours);
    const Buffer device_share = ec.bytes(theirs);
    const Buffer w0_bytes = ec.bytes(w0);
    Buffer transcript;
    add_part(transcript, input.context);
    add_part(transcript, as_bytes(input.prover));
    add_part(transcript, as_bytes(input.verifier));
    for (const Buffer& part :
         {ec.bytes(m), ec.bytes(n), share, device_share, ec.bytes(z), ec.bytes(v)})
        add_part(transcript, part);
    add_part(transcript, input.short_w0 ? short_number(w0_bytes) : w0_bytes);
    Keys keys = derive(input.suite, transcript);
    return Spake2Output{share, confirm(input.suite, keys.ours, device_share),
                        confirm(input.suite, keys.theirs, share), std::move(keys.shared)};
}

} // namespace tplink::crypto
