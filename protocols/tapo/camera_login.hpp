#pragma once
// What a camera says about logins: the probe that costs no attempt, lockout, refusals. Source: camera.md,
// "The probe".

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/random.hpp"
#include "protocols/base/result.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/camera_http.hpp"

namespace tplink::tapo {

enum class CameraGeneration {
    l1, ///< hashed MD5 login, plain JSON
    l3, ///< encrypt_type 3
    l4, ///< TPAP
};

/// The camera's answer to the probe; the L3 login goes on with it.
struct CameraProbe {
    CameraGeneration generation{};
    std::string cnonce; ///< ours: 16 upper-case hex digits
    std::string nonce;  ///< L3 only, like the next
    std::string device_confirm;
};

/// Asks without a password.
/// errors: locked_out; unsupported when this is no camera API (device_code: its code); as HttpClient::send.
Result<CameraProbe> probe_camera(net::HttpClient& http, const CameraHost& where, RandomBytes& random);

/// The body of the probe.
std::string probe_body(std::string_view cnonce);

/// Reads the reply to the probe. errors: as probe_camera.
Result<CameraProbe> read_probe(std::string_view reply, std::string cnonce);

/// The error when the reply tells of a lockout, wherever the code sits; else nothing.
std::optional<Error> lockout_of(const boost::json::object& reply);

/// Why a login was refused: locked_out, auth_failed (with the attempts used up when told), session_expired
/// for a stale nonce, or what else the code means.
Error login_refusal(const boost::json::object& reply);

} // namespace tplink::tapo
