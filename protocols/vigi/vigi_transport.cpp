#include "protocols/vigi/vigi_transport.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/tapo/reply.hpp"
#include "protocols/vigi/quoting.hpp"

namespace tplink::vigi {

VigiTransport::VigiTransport(std::unique_ptr<net::HttpClient> http, tapo::CameraHost where,
                             Credentials credentials)
    : http_(std::move(http)), where_(std::move(where)), credentials_(std::move(credentials)) {}

Result<void> VigiTransport::probe() {
    const auto response =
        TRY(http_->send(tapo::camera_request(where_, "/", std::string(encrypt_info_body()))));
    info_ = TRY(read_encrypt_info(response.body)); // the status is 401 although all is well
    return {};
}

Result<void> VigiTransport::login() {
    stok_ = Secret();
    if (credentials_.password.empty())
        return fail(Errc::auth_failed, "no password is configured for this camera");
    if (!info_) TRY_VOID(probe());
    const EncryptInfo info = *std::exchange(info_, std::nullopt); // a nonce serves one login
    const std::string user = tapo::camera_user(credentials_.username);
    const std::string body = TRY(login_body(info, user, credentials_.password.reveal()));
    const net::HttpResponse response = TRY(http_->send(tapo::camera_request(where_, "/", body)));
    stok_ = TRY(read_stok(response.body, response.status));
    return {};
}

Result<std::string> VigiTransport::exchange(std::string_view plain) {
    const json::object request = TRY(tapo::parse_object(plain));
    const std::string body = json::serialize(quoted(request));
    const net::HttpResponse response =
        TRY(http_->send(tapo::camera_request(where_, tapo::stok_path(stok_.reveal()), body)));
    const auto reply = tapo::parse_object(response.body);
    if (response.status == 401 || !reply) {
        stok_ = Secret();
        return fail(Errc::session_expired, "session gone: HTTP " + std::to_string(response.status));
    }
    return json::serialize(unquoted(*reply));
}

} // namespace tplink::vigi
