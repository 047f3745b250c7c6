#pragma once
// The TLS side of a simulated camera: a self-signed certificate made at the start and one of the suite sets
// in the field.

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace tplink::sim {

enum class TlsSuites {
    any,             ///< TLS 1.2 and 1.3, OpenSSL's default list
    static_rsa_only, ///< TLS 1.2, no forward secrecy, as old Tapo and VIGI
    ecdhe_only,      ///< TLS 1.2, ECDHE-RSA-AES128-GCM-SHA256, as firmware of 2025
    tls10_only,      ///< TLS 1.0 with static RSA and SHA-1, as the oldest Kasa cameras
    tls11_only,      ///< the same of TLS 1.1
};

/// Certificate and key; costs up to 100 ms to make, so devices share one where the certificate does not
/// matter.
class TlsIdentity {
public:
    /// key_bits: old cameras have 1024.
    explicit TlsIdentity(unsigned key_bits = 2048);
    ~TlsIdentity();
    TlsIdentity(const TlsIdentity&) = delete;
    TlsIdentity& operator=(const TlsIdentity&) = delete;

    std::shared_ptr<ssl_ctx_st> server_context(TlsSuites suites) const;
    /// SHA-256 of the DER certificate, lower-case hex.
    std::string fingerprint() const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace tplink::sim
