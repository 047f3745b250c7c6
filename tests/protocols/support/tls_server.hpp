#pragma once
// HTTPS servers with the habits of old and new devices, on loopback.

#include <functional>
#include <memory>
#include <string>

namespace tplink::test {

/// A self-signed certificate for 127.0.0.1 with its key.
struct Identity;
/// rsa_bits 1024 and sha1: what old cameras show.
std::shared_ptr<Identity> make_identity(int rsa_bits, bool sha1);
std::string sha256_of(const Identity& identity); ///< lower hex of the DER
std::string pem_of(const Identity& identity);    ///< the certificate
std::string key_pem_of(const Identity& identity, const char* passphrase = nullptr);

class TlsServer {
public:
    /// ciphers: OpenSSL list for TLS up to 1.2; versions as TLS1_VERSION etc. Answers every POST with its
    /// body.
    TlsServer(std::shared_ptr<Identity> identity, const char* ciphers, int min_version, int max_version);
    ~TlsServer();
    int port() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::test
