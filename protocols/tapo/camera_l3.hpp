#pragma once
// L3: login with encrypt_type 3, then numbered, tagged, encrypted requests. Tapo cameras from about late 2023
// to 2025. Source: camera.md, "L3".

#include <cstdint>
#include <memory>
#include <optional>

#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

class CameraL3 final : public Transport {
public:
    /// random outlives it. probe: an answer of this camera that the first login may go on with.
    CameraL3(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials,
             RandomBytes& random, std::optional<CameraProbe> probe = std::nullopt);

    /// A wrong password is found by the camera's own proof: then nothing that counts as an attempt is sent.
    Result<void> login() override;
    bool ready() const override { return channel_.has_value(); }
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "tapo3"; }
    void cancel() override { http_->cancel(); }

    /// The form of the password's hash the camera holds; set by login().
    std::optional<HashForm> hash_form() const { return form_; }

private:
    Result<CameraProbe> next_probe();
    Result<void> login_once();
    Result<std::string> read_reply(const net::HttpResponse& response);
    tl::unexpected<Error> gone(const std::string& what);

    std::unique_ptr<net::HttpClient> http_;
    CameraHost where_;
    Credentials credentials_;
    RandomBytes& random_;
    std::optional<CameraProbe> probe_;
    std::optional<HashForm> form_;
    std::optional<SecureChannel> channel_;
    Secret stok_;
    std::int64_t seq_ = 0; ///< of the next request
};

} // namespace tplink::tapo
