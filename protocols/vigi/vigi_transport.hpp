#pragma once
// The login and channel of VIGI cameras. Source: vigi.md.

#include <memory>
#include <optional>

#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/transport.hpp"
#include "protocols/vigi/login.hpp"

namespace tplink::vigi {

class VigiTransport final : public tapo::Transport {
public:
    /// The user is the camera's own administrator: "admin" when `credentials` has an e-mail.
    VigiTransport(std::unique_ptr<net::HttpClient> http, tapo::CameraHost where, Credentials credentials);

    /// Whether a VIGI camera answers; costs no attempt, and the login goes on with it. errors: as
    /// read_encrypt_info.
    Result<void> probe();

    Result<void> login() override;
    bool ready() const override { return !stok_.empty(); }
    /// Old-style JSON; texts are quoted and unquoted here.
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "vigi"; }
    void cancel() override { http_->cancel(); }

private:
    std::unique_ptr<net::HttpClient> http_;
    tapo::CameraHost where_;
    Credentials credentials_;
    std::optional<EncryptInfo> info_;
    Secret stok_;
};

} // namespace tplink::vigi
