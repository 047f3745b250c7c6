#include "protocols/tapo/camera_l1.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/error_codes.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {

CameraL1::CameraL1(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials)
    : http_(std::move(http)), where_(std::move(where)), credentials_(std::move(credentials)) {}

Result<void> CameraL1::login() {
    stok_ = Secret();
    if (credentials_.password.empty())
        return fail(Errc::auth_failed, "no password is configured for this camera");
    const json::object request{{"method", "login"},
                               {"params",
                                {{"hashed", true},
                                 {"password", password_hash(HashForm::md5, credentials_.password.reveal())},
                                 {"username", camera_user(credentials_.username)}}}};
    const net::HttpResponse response =
        TRY(http_->send(camera_request(where_, "/", json::serialize(request))));
    const auto reply = parse_object(response.body);
    if (!reply)
        return fail(Errc::malformed,
                    "login: HTTP " + std::to_string(response.status) + ", " + reply.error().what);
    if (error_code(*reply) != code::kOk) {
        Error refusal = login_refusal(*reply);
        if (refusal.code == Errc::session_expired) // the firmware was updated: what it wants now is a nonce
            refusal.code = Errc::unsupported;
        return tl::unexpected(std::move(refusal));
    }
    const json::object* result = find_object(*reply, "result");
    const std::string_view stok = result ? find_text(*result, "stok") : std::string_view();
    if (!is_stok(stok)) return fail(Errc::malformed, "login: reply without a stok");
    stok_ = Secret(std::string(stok));
    return {};
}

Result<std::string> CameraL1::exchange(std::string_view plain) {
    net::HttpResponse response =
        TRY(http_->send(camera_request(where_, stok_path(stok_.reveal()), std::string(plain))));
    // The body decides; a status speaks only when there is no JSON.
    if (response.status != 200 && !parse_object(response.body)) {
        stok_ = Secret();
        return fail(Errc::session_expired, "session gone: HTTP " + std::to_string(response.status));
    }
    return std::move(response.body);
}

} // namespace tplink::tapo
