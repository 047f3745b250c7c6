#include "protocols/tapo/camera_login.hpp"

#include <algorithm>

#include "protocols/error_codes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kCnonceBytes = 8;
constexpr std::size_t kMaxNonceBytes = 256;
constexpr int kMaxLockSeconds = 86400;

/// result.data, or the data beside it of older firmware.
const json::object* data_of(const json::object& reply) {
    const json::object* result = find_object(reply, "result");
    const json::object* data = result ? find_object(*result, "data") : nullptr;
    return data ? data : find_object(reply, "data");
}

int detail_code(const json::object& reply) {
    const json::object* data = data_of(reply);
    return data ? find_int(*data, "code").value_or(code::kOk) : code::kOk;
}

bool is_block(int number) { return number == code::kBlocked || number == code::kSystemBlocked; }

bool has_type(const std::vector<std::string>& types, std::string_view type) {
    return std::find(types.begin(), types.end(), type) != types.end();
}

} // namespace

std::string probe_body(std::string_view cnonce) {
    return R"({"method":"login","params":{"cnonce":")" + std::string(cnonce) +
           R"(","encrypt_type":"3","username":"admin"}})";
}

std::optional<Error> lockout_of(const json::object& reply) {
    const json::object* data = data_of(reply);
    const int seconds = data ? find_int(*data, "sec_left").value_or(0) : 0;
    const int number = is_block(error_code(reply)) ? error_code(reply) : detail_code(reply);
    if (!is_block(number) && seconds <= 0) return std::nullopt;
    Error error = device_error(Dialect::camera_login, is_block(number) ? number : code::kBlocked, "camera");
    error.device_code = number;
    if (seconds > 0) error.retry_after = std::chrono::seconds(std::min(seconds, kMaxLockSeconds));
    return error;
}

Error login_refusal(const json::object& reply) {
    if (auto locked = lockout_of(reply)) return *locked;
    const int detail = detail_code(reply);
    Error error =
        device_error(Dialect::camera_login, detail != code::kOk ? detail : error_code(reply), "login");
    const json::object* data = data_of(reply);
    const int used = data ? find_int(*data, "time").value_or(0) : 0;
    const int most = data ? find_int(*data, "max_time").value_or(0) : 0;
    if (error.code == Errc::auth_failed && used > 0 && most > 0)
        error.what +=
            ", attempt " + std::to_string(used) + " of " + std::to_string(most) + " before the camera locks";
    return error;
}

Result<CameraProbe> read_probe(std::string_view text, std::string cnonce) {
    const auto parsed = parse_object(text);
    if (!parsed) return fail(Errc::unsupported, "no camera API here: " + parsed.error().what);
    const json::object& reply = *parsed;
    if (auto locked = lockout_of(reply)) return tl::unexpected(std::move(*locked));
    const int number = error_code(reply);
    const json::object* data = data_of(reply);
    const auto types = data ? find_texts(*data, "encrypt_type") : std::vector<std::string>();
    CameraProbe probe{CameraGeneration::l1, std::move(cnonce), "", ""};
    if (number == code::kParameterMissing || has_type(types, "4")) {
        probe.generation = CameraGeneration::l4;
        return probe;
    }
    if (data && (number == code::kInvalidNonce || has_type(types, "3"))) {
        probe.generation = CameraGeneration::l3;
        probe.nonce = find_text(*data, "nonce");
        probe.device_confirm = find_text(*data, "device_confirm");
        if (probe.nonce.empty() || probe.nonce.size() > kMaxNonceBytes)
            return fail(Errc::malformed, "login probe: reply without a nonce", number);
        return probe;
    }
    // An unsalted hash is handed over to L1 only: whoever speaks of neither 3 nor 4 and refuses the login as
    // such.
    if (number == code::kSessionExpired || number == code::kUnknownUser) return probe;
    return fail(Errc::unsupported, "no known camera API here (error " + std::to_string(number) + ")", number);
}

Result<CameraProbe> probe_camera(net::HttpClient& http, const CameraHost& where, RandomBytes& random) {
    std::string cnonce = hex_upper(random.bytes(kCnonceBytes));
    const net::HttpResponse response = TRY(http.send(camera_request(where, "/", probe_body(cnonce))));
    return read_probe(response.body, std::move(cnonce));
}

} // namespace tplink::tapo
