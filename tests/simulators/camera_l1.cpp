#include "tests/simulators/camera_l1.hpp"

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

CameraL1::CameraL1(CameraL1Options options)
    : Camera(options), l1_options_(std::move(options)), sessions_(l1_options_.max_sessions) {}

json::array CameraL1::encrypt_type() const { return {"1", "2"}; }

json::object CameraL1::refusal(int code) const {
    const json::object data{{"code", code},
                            {"time", lockout_.used()},
                            {"max_time", lockout_.max()},
                            {"sec_left", lockout_.seconds_left()},
                            {"encrypt_type", encrypt_type()},
                            {"key", ""},
                            {"nonce", hex_upper(world().random(8))}};
    return {{"error_code", -40401}, {"result", json::object{{"data", data}}}};
}

json::object CameraL1::locked_reply(std::int64_t) const { return refusal(-40404); }

HttpReply CameraL1::log_in(const json::object& params) {
    const json::string* user = text_at(params, "username");
    const json::string* password = text_at(params, "password");
    if (!password)
        return json_reply(refusal(-40401)); // the probe for newer logins lands here; it is no attempt
    ++login_attempts_;
    const json::value* hashed = params.if_contains("hashed");
    const bool fits = user && *user == "admin" && hashed && *hashed == true &&
                      *password == md5_hex_upper(options().password);
    if (!fits) {
        ++login_failures_;
        lockout_.wrong_password();
        if (l1_options_.refuses_with_401) return json_reply(refusal(-40411), 401);
        return json_reply(refusal(user && *user == "admin" ? -40401 : -40411));
    }
    lockout_.clear();
    const std::string stok = hex_lower(world().random(16));
    issued(stok);
    sessions_.add(stok, {world().now() + l1_options_.session_life});
    return json_reply({{"error_code", 0}, {"result", json::object{{"stok", stok}, {"user_group", "root"}}}});
}

HttpReply CameraL1::on_channel(std::string_view stok, const HttpRequest& request) {
    {
        const std::lock_guard lock(mutex_);
        if (!sessions_.find(stok, world().now())) return json_reply({{"error_code", -40401}});
    }
    boost::system::error_code error;
    const json::value parsed = json::parse(request.body, error);
    if (error || !parsed.is_object()) return json_reply({{"error_code", -40210}});
    HttpReply reply;
    reply.body = json::serialize(run_inner(parsed.get_object(), reply));
    return reply;
}

void CameraL1::expire_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world().now());
}

} // namespace tplink::sim
