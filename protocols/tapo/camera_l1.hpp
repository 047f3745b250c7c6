#pragma once
// L1: hashed MD5 login, then plain JSON under the stok. Tapo cameras until about late 2023. Source:
// camera.md, "L1".

#include <memory>

#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

/// Only for cameras whose probe said L1: it hands over an unsalted MD5 of the password.
class CameraL1 final : public Transport {
public:
    CameraL1(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials);

    Result<void> login() override;
    bool ready() const override { return !stok_.empty(); }
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "tapo1"; }
    void cancel() override { http_->cancel(); }

private:
    std::unique_ptr<net::HttpClient> http_;
    CameraHost where_;
    Credentials credentials_;
    Secret stok_;
};

} // namespace tplink::tapo
