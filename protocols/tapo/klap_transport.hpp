#pragma once
// KLAP over HTTP: handshake, session, numbered requests. Source: klap.md.

#include <memory>
#include <optional>
#include <string>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/klap.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

class KlapTransport final : public Transport {
public:
    /// random and clock outlive it.
    KlapTransport(std::unique_ptr<net::HttpClient> http, Credentials credentials, RandomBytes& random,
                  const Clock& clock);

    /// handshake1 alone: tells version and account without a login; a login() right after goes on with it.
    /// errors: auth_failed when no known account fits; unsupported with device_code 403 (KLAP switched off or
    ///         replaced by TPAP) or 404 (no KLAP); as Transport::login().
    Result<void> probe();

    /// Which hash the device answered with; set by probe() and login().
    std::optional<KlapVersion> version() const { return version_; }
    /// The factory account the device answers to; empty when it is the user's own.
    const std::string& factory_account() const { return factory_account_; }

    Result<void> login() override;
    bool ready() const override;
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override {
        if (version_ == KlapVersion::v1) return "klap1";
        return iot_ ? "klap2-iot" : "klap2";
    }
    /// What travels in it is the IOT language (firmwares that announce new_klap).
    void carry_iot() { iot_ = true; }
    void cancel() override { http_->cancel(); }

private:
    struct Handshake {
        Buffer local_seed;
        Buffer remote_seed;
        Buffer auth_hash;
    };

    Result<net::HttpResponse> post(std::string path, Bytes body);
    Result<void> finish();
    Result<void> match_account(const Buffer& local, Bytes remote, Bytes server_hash);
    tl::unexpected<Error> broken(std::string what);

    std::unique_ptr<net::HttpClient> http_;
    Credentials credentials_;
    RandomBytes& random_;
    const Clock& clock_;

    std::optional<Handshake> pending_; ///< handshake1 done, handshake2 not yet
    std::optional<KlapCipher> cipher_;
    std::optional<KlapVersion> version_;
    std::string factory_account_;
    std::string cookie_;
    SteadyTime renew_at_{};
    unsigned requests_ = 0;       ///< sent in this session
    unsigned broken_seconds_ = 0; ///< sessions in a row whose second request broke
    bool one_request_sessions_ = false;
    bool iot_ = false;
};

} // namespace tplink::tapo
