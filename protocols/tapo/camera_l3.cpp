#include "protocols/tapo/camera_l3.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/error_codes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

// What a camera holds that is not bound to an account. Source: camera.md, "Accounts".
constexpr std::string_view kFactoryPasswords[] = {"admin", "TPL075526460603"};

/// The camera told its proof and counted nothing: it may be asked again without harm.
constexpr std::chrono::seconds kLookAgain{300};

tl::unexpected<Error> wrong_password(const CameraProbe& probe) {
    std::string what =
        "wrong password for this camera, or third-party compatibility is off (Tapo app: Me > Third-Party "
        "Services); no login attempt was used up";
    for (const std::string_view factory : kFactoryPasswords)
        if (match_hash(factory, probe.cnonce, probe.nonce, probe.device_confirm))
            what = "the camera is not bound to an account (it answers to its factory password): add it in "
                   "the Tapo app";
    return tl::unexpected(Error{Errc::auth_failed, std::move(what), 0, kLookAgain});
}

} // namespace

CameraL3::CameraL3(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials,
                   RandomBytes& random, std::optional<CameraProbe> probe)
    : http_(std::move(http)), where_(std::move(where)), credentials_(std::move(credentials)), random_(random),
      probe_(std::move(probe)) {}

Result<CameraProbe> CameraL3::next_probe() {
    if (probe_) return *std::exchange(probe_, std::nullopt);
    return probe_camera(*http_, where_, random_);
}

Result<void> CameraL3::login() {
    auto done = login_once();
    // A stale nonce looks like this too: one fresh try.
    if (!done && done.error().code == Errc::session_expired) done = login_once();
    if (!done && done.error().code == Errc::session_expired) done.error().code = Errc::auth_failed;
    return done;
}

Result<void> CameraL3::login_once() {
    channel_.reset();
    if (credentials_.password.empty())
        return fail(Errc::auth_failed, "no password is configured for this camera");
    const CameraProbe probe = TRY(next_probe());
    if (probe.generation != CameraGeneration::l3)
        return fail(Errc::unsupported,
                    "the camera no longer offers the login it had: its firmware has changed");
    const std::string& password = credentials_.password.reveal();
    form_ = match_hash(password, probe.cnonce, probe.nonce, probe.device_confirm);
    if (!form_) return wrong_password(probe);
    const std::string hash = password_hash(*form_, password);
    const json::object request{{"method", "login"},
                               {"params",
                                {{"cnonce", probe.cnonce},
                                 {"encrypt_type", "3"},
                                 {"digest_passwd", digest_passwd(hash, probe.cnonce, probe.nonce)},
                                 {"username", "admin"}}}};
    const net::HttpResponse response =
        TRY(http_->send(camera_request(where_, "/", json::serialize(request))));
    const auto reply = parse_object(response.body);
    if (!reply)
        return fail(Errc::malformed,
                    "login: HTTP " + std::to_string(response.status) + ", " + reply.error().what);
    if (error_code(*reply) != code::kOk) return tl::unexpected(login_refusal(*reply));
    const json::object* result = find_object(*reply, "result");
    const std::string_view stok = result ? find_text(*result, "stok") : std::string_view();
    const auto start_seq = result ? find_int(*result, "start_seq") : std::nullopt;
    const std::string_view group = result ? find_text(*result, "user_group") : std::string_view();
    if (!group.empty() && group != "root")
        return fail(Errc::auth_failed,
                    "the camera is only shared with this account: use its owner's account");
    if (!is_stok(stok) || !start_seq) return fail(Errc::malformed, "login: reply without stok or start_seq");
    stok_ = Secret(std::string(stok));
    seq_ = *start_seq;
    channel_.emplace(hash, probe.cnonce, probe.nonce);
    return {};
}

Result<std::string> CameraL3::exchange(std::string_view plain) {
    if (!channel_) return fail(Errc::session_expired, "no session");
    const std::int64_t seq = seq_++;
    net::HttpRequest request = camera_request(where_, stok_path(stok_.reveal()), channel_->seal(plain));
    request.headers.emplace_back("Seq", std::to_string(seq));
    request.headers.emplace_back("Tapo_tag", channel_->tag(request.body, seq));
    return read_reply(TRY(http_->send(request)));
}

Result<std::string> CameraL3::read_reply(const net::HttpResponse& response) {
    const auto reply = parse_object(response.body);
    if (!reply) return gone("HTTP " + std::to_string(response.status) + ", " + reply.error().what);
    const json::object* result = find_object(*reply, "result");
    const bool sealed = result && result->contains("response");
    // Some firmware answers requests that are no multipleRequest in clear; refusals of the session are clear
    // as well.
    if (!sealed) {
        if (response.status == 500) return gone("HTTP 500");
        return response.body;
    }
    auto plain = channel_->open(find_text(*result, "response"));
    if (!plain) return gone(plain.error().what);
    if (response.status == 500) { // a session that ended may still say so under its cipher
        const auto inner = parse_object(*plain);
        if (!inner || error_code(*inner) != code::kOk) return gone("HTTP 500");
    }
    return plain;
}

tl::unexpected<Error> CameraL3::gone(const std::string& what) {
    channel_.reset();
    return fail(Errc::session_expired, "session gone: " + what);
}

} // namespace tplink::tapo
