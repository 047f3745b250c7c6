#pragma once
// SPAKE2+ (RFC 9383), the prover's side: proving to know a password without showing it. Pure.

#include <optional>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto_kdf.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

enum class Curve { p256, p384, p521 };

struct Spake2Suite {
    Curve curve = Curve::p256;
    Hash hash = Hash::sha256;
    bool cmac = false; ///< AES-128-CMAC confirms instead of HMAC
    bool operator==(const Spake2Suite&) const = default;
};

/// The suite a device means by `number`; nothing for one not known. Source: tpap.md, "Suites".
std::optional<Spake2Suite> spake2_suite(int number);

/// Random bytes one scalar takes.
std::size_t scalar_bytes(Curve curve);
/// Those bytes are a scalar as they are: neither zero nor as large as the curve's order. Otherwise take
/// others.
bool is_scalar(Curve curve, Bytes bytes);

struct Spake2Input {
    Spake2Suite suite;
    Bytes w0; ///< big-endian; taken modulo the order, like the next
    Bytes w1;
    Bytes x;            ///< our secret scalar
    Bytes device_share; ///< a point in SEC1 form, compressed or not
    Bytes context;
    std::string_view prover{}; ///< names in the transcript
    std::string_view verifier{};
    /// w0 in as few bytes as it needs (a zero in front when their number is odd and the first is 80 or more),
    /// as plugs want it; else in the full length of the order. They differ once in 256 logins.
    bool short_w0 = false;
};

struct Spake2Output {
    Buffer share;          ///< ours, uncompressed
    Buffer confirm;        ///< ours
    Buffer device_confirm; ///< what the device must answer
    Buffer shared_key;
};

/// errors: malformed when the device's share is no point of the curve, or makes the secret the identity.
Result<Spake2Output> spake2_prove(const Spake2Input& input);

/// The short form of a number, see Spake2Input::short_w0.
Buffer short_number(Bytes big_endian);

} // namespace tplink::crypto
