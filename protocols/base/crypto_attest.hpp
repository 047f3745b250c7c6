#pragma once
// A device's proof of who made it.

#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/clock.hpp"
#include "protocols/base/result.hpp"

namespace tplink::crypto {

struct Attestation {
    Buffer device;    ///< its certificate, PEM or DER
    Buffer issuer;    ///< that of the authority that signed it, likewise
    Buffer signature; ///< ECDSA with SHA-256, DER
};

/// The root signed the issuer, the issuer the device, both are valid at `now`, and the device signed `text`.
/// errors: refused, naming the link that does not hold.
Result<void> check_attestation(std::string_view root_pem, const Attestation& shown, Bytes text, WallTime now);

} // namespace tplink::crypto
