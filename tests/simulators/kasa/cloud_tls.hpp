#pragma once
// A private certificate authority and the certificate of a simulated cloud host.

#include <memory>
#include <string>

struct ssl_ctx_st;

namespace tplink::sim {

enum class CloudCertificate { good, wrong_authority, wrong_name };

class CloudTls {
public:
    /// address: the IP the certificate is for.
    explicit CloudTls(const std::string& address);
    ~CloudTls();
    CloudTls(const CloudTls&) = delete;
    CloudTls& operator=(const CloudTls&) = delete;

    /// What a client has to trust.
    std::string authority_pem() const;
    std::shared_ptr<ssl_ctx_st> server_context(CloudCertificate certificate) const;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace tplink::sim
