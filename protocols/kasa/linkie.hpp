#pragma once
// Kasa cameras' local control on HTTPS 10443: bodies, logins, answers. Pure. Source: camera.md, "LINKIE".

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/http_client.hpp"

namespace tplink::kasa {

namespace json = boost::json;

/// Firmware generations want the account in different clothes; the first that works is remembered.
enum class PasswordForm { md5, base64, plain, admin_md5, factory };
std::string_view to_string(PasswordForm form);

struct LinkieLogin {
    PasswordForm form{};
    bool second = true;  ///< LINKIE2.json, else LINKIE.json
    bool operator==(const LinkieLogin&) const = default;
};
/// "linkie2/md5" and back; nothing for another text.
std::string to_text(const LinkieLogin& login);
std::optional<LinkieLogin> linkie_login_from(std::string_view text);

/// All of them, in the order to be tried. fresh: the camera says it was never set up.
std::vector<LinkieLogin> linkie_logins(bool fresh);

/// Value of the Authorization header.
std::string linkie_authorization(PasswordForm form, const Credentials& account);
/// "content=" and the coded JSON text.
std::string linkie_body(std::string_view json_text);
/// The whole request: with Authorization and the app's User-Agent from the first byte on.
net::HttpRequest linkie_request(const LinkieLogin& login, const Credentials& account, const json::object& command);

/// The command tree a camera answers with.
/// errors: auth_failed (401, or its JSON says so); unsupported (any redirect: this firmware has no local control;
///         404: not under this path); refused (another status); malformed.
Result<json::object> read_linkie(const net::HttpResponse& response);

inline constexpr std::string_view kCameraModules = "smartlife.cam.ipcamera.";

/// The reply of one method, without its err_code. in: {"<module>":{"<method>":{...,"err_code":0}}}.
/// errors: those of device_errc(); refused when there is no err_code (a wrongly typed argument); malformed when the
///         method is not in it.
Result<json::value> pick_answer(const json::object& tree, const std::string& module, const std::string& method);

}  // namespace tplink::kasa
