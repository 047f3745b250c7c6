#pragma once
// L4: TPAP as cameras speak it. Source: camera.md, "L4", and tpap.md.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "protocols/base/clock.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/tpap_channel.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

/// What a former login taught.
struct CameraL4Known {
    std::optional<TpapUser> user;
    std::optional<HashForm> hash; ///< the form of the password to begin with
    bool settled = false; ///< this camera took that form before: the other one is not worth an attempt
    bool worked = false;  ///< these very credentials did: a refusal that counted nothing is asked again, after a pause
    std::optional<HashForm> refused; ///< by this camera, of this password: the other form is the one to try
};

class CameraL4 final : public Transport {
public:
    /// random and clock outlive it. offer: what it announced, if anything. pause: what the camera needs after it ended a
    /// session, before it takes the right password again.
    CameraL4(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials,
             RandomBytes& random, const Clock& clock, CameraL4Known known,
             std::optional<TpapOffer> offer, std::chrono::milliseconds pause);

    /// The forms of the user name cost no attempt. Of a camera never logged in to, both forms of the password are
    /// tried, once each; of one that is settled, its own form alone. Each refusal is counted by the camera.
    Result<void> login() override;
    bool ready() const override;
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "tapo4"; }
    void cancel() override;

    /// After a login.
    const CameraL4Known& known() const { return known_; }
    /// The form the last login was refused in while the other one is still worth an attempt: too few were left for
    /// it, or the network failed then. "md5", "sha256", else empty.
    const std::string& refused_form() const { return refused_form_; }

private:
    Result<TpapRegistration> enroll(std::string_view passcode_type);
    Result<void> attempt(HashForm form);
    Result<void> attempt_forms();
    Result<void> attempt_settled(HashForm form);
    Result<void> attempt_factory();
    bool factory_only() const;
    bool wait_until(SteadyTime time);

    std::unique_ptr<net::HttpClient> http_;
    Credentials credentials_;
    const Clock& clock_;
    CameraL4Known known_;
    std::optional<TpapOffer> offer_;
    std::chrono::milliseconds pause_;
    TpapChannel channel_;
    SteadyTime renew_at_{};
    std::optional<SteadyTime> ended_at_; ///< the camera refused the last session then
    std::string refused_form_;
    std::mutex mutex_;
    std::condition_variable woken_;
    bool cancelled_ = false;
};

/// "md5", "sha256" and the user name's form behind it when it is not the usual one: "md5,literal". As Learned
/// keeps it.
std::string l4_form_text(const CameraL4Known& known);
CameraL4Known read_l4_form(std::string_view text);

} // namespace tplink::tapo
