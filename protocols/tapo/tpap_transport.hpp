#pragma once
// TPAP of plugs, switches, bulbs and strips. Source: tpap.md.

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "protocols/base/clock.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/tapo/tpap_channel.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

class TpapTransport final : public Transport {
public:
    /// where: the port to ask first; the device may name another one and TLS. connect, random, clock outlive
    /// it (connect is copied). proven: this password worked before, so that a refusal may also mean a login
    /// lost to another client.
    TpapTransport(net::HttpClientFactory connect, net::HttpOptions where, Credentials credentials,
                  RandomBytes& random, const Clock& clock, bool proven);

    /// Asks what the device takes; no attempt. errors: unsupported when it speaks no TPAP or prefers another
    /// login.
    Result<void> probe();

    Result<void> login() override;
    bool ready() const override;
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "tpap"; }
    void cancel() override;

    /// The device is bound to no account and answers to its factory passcode.
    bool uses_factory_passcode() const;
    /// As TpapChannel's.
    const std::optional<Error>& attestation_problem() const { return channel_.attestation_problem(); }
    std::string certificate_sha256() const { return http_->certificate_sha256(); }

private:
    Result<Secret> credential(const TpapRegistration& registration) const;
    void follow(const TpapOffer& offer);

    net::HttpClientFactory connect_;
    net::HttpOptions where_;
    Credentials credentials_;
    const Clock& clock_;
    TpapChannel channel_;
    std::optional<TpapOffer> offer_;
    bool proven_;
    SteadyTime renew_at_{};
    std::mutex mutex_; ///< guards the next two against cancel()
    std::shared_ptr<net::HttpClient> http_;
    bool cancelled_ = false;
};

} // namespace tplink::tapo
