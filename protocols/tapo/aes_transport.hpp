#pragma once
// securePassthrough: the login of Tapo plugs before KLAP (RSA-1024 handshake, then login_device). Source:
// aes.md.

#include <memory>
#include <optional>
#include <string>

#include "protocols/base/clock.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

/// How login_device carries the password.
enum class AesLogin {
    plain,  ///< login version 1: base64 of the password (inside the cipher)
    hashed, ///< login version 2: base64 of its SHA-1
};

class AesTransport final : public Transport {
public:
    /// rsa: a 1024-bit key, one for the whole process (making one costs 20 ms). form: what discovery
    /// announced (lv). clock outlives it.
    AesTransport(std::unique_ptr<net::HttpClient> http, Credentials credentials,
                 std::shared_ptr<const crypto::RsaKey> rsa, AesLogin form, const Clock& clock);

    /// The key exchange alone: tells whether the device speaks this at all, without a login; a login() right
    /// after goes on with it. errors: unsupported with device_code 1003 (the device wants KLAP or TPAP) or
    /// 404.
    Result<void> probe();

    Result<void> login() override;
    bool ready() const override;
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "aes"; }
    void cancel() override { http_->cancel(); }

private:
    struct Keys {
        crypto::AesKey key;
        crypto::AesIv iv;
    };

    Result<net::HttpResponse> post(std::string body);
    Result<std::string> passthrough(std::string_view plain);
    Result<std::string> decrypt(std::string_view response) const;
    Result<void> login_device(AesLogin form);

    std::unique_ptr<net::HttpClient> http_;
    Credentials credentials_;
    std::shared_ptr<const crypto::RsaKey> rsa_;
    AesLogin form_;
    const Clock& clock_;

    std::optional<Keys> keys_;
    Secret token_;
    std::string cookie_;
    SteadyTime renew_at_{};
};

} // namespace tplink::tapo
