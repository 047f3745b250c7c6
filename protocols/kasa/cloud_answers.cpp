#include "protocols/kasa/cloud_answers.hpp"

#include <algorithm>

#include "protocols/base/bytes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

using tapo::find_array;
using tapo::find_int;
using tapo::find_object;
using tapo::find_text;

constexpr std::size_t kMaxDevices = 256;
constexpr std::size_t kMaxText = 4096;  // of a token, an id, an address

std::string bounded(std::string_view text) { return std::string(text.size() > kMaxText ? std::string_view{} : text); }

bool printable_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == 0x7f) return false;
        const std::size_t more = c < 0x80 ? 0 : (c & 0xe0U) == 0xc0 ? 1 : (c & 0xf0U) == 0xe0 ? 2 : (c & 0xf8U) == 0xf0 ? 3 : 9;
        if (i + more >= text.size()) return false;
        for (std::size_t k = 1; k <= more; ++k)
            if ((static_cast<unsigned char>(text[i + k]) & 0xc0U) != 0x80) return false;
        i += more + 1;
    }
    return !text.empty();
}

/// The Tapo cloud writes names in base64; a name that merely looks like it stays as it is.
std::string decoded_alias(std::string_view alias) {
    const auto bytes = alias.size() >= 4 ? base64_decode(alias) : std::nullopt;
    if (!bytes || !printable_utf8(as_text(*bytes)) || base64_encode(*bytes) != alias) return std::string(alias);
    return std::string(as_text(*bytes));
}

}  // namespace

CloudReply read_cloud_reply(int http_status, std::string_view body) {
    auto parsed = tapo::parse_object(body);
    if (!parsed) {
        const bool blacklisted = http_status == 429 || ascii_lower(body.substr(0, kMaxText)).find("blacklist") != std::string::npos;
        return {blacklisted ? cloud_code::kRateLimit : cloud_code::kBusy, blacklisted ? CloudClass::rate_limit : CloudClass::retry, {}};
    }
    CloudReply reply;
    if (const json::object* result = find_object(*parsed, "result")) reply.result = *result;
    reply.code = find_int(*parsed, "error_code").value_or(0);
    if (reply.code == 0) reply.code = find_int(reply.result, "errorCode").value_or(0);
    reply.what = cloud_class(reply.code);
    if (reply.code == 0 && http_status >= 500) reply = {cloud_code::kBusy, CloudClass::retry, {}};
    if (reply.code == 0 && http_status >= 400) reply.what = CloudClass::permanent;
    return reply;
}

std::optional<CloudTokens> read_tokens(const json::object& result) {
    std::string token = bounded(find_text(result, "token"));
    if (token.empty()) return std::nullopt;
    return CloudTokens{Secret(std::move(token)), Secret(bounded(find_text(result, "refreshToken"))), server_of(result)};
}

MfaChallenge read_mfa(const json::object& result) {
    MfaChallenge challenge{bounded(find_text(result, "MFAProcessId")), 2};
    // E-mail wherever it is offered: a new terminal has no app bound to it that could show a push.
    const json::array* types = find_array(result, "supportedMFATypes");
    if (types != nullptr && !types->empty() && std::find(types->begin(), types->end(), json::value(2)) == types->end()) challenge.type = 1;
    return challenge;
}

std::string server_of(const json::object& result) {
    const std::string_view newer = find_text(result, "appServerUrlV2");
    return bounded(newer.empty() ? find_text(result, "appServerUrl") : newer);
}

std::vector<CloudDevice> read_device_list(const json::object& result) {
    std::vector<CloudDevice> devices;
    const json::array* list = find_array(result, "deviceList");
    if (list == nullptr) return devices;
    for (const json::value& each : *list) {
        const json::object* entry = each.if_object();
        if (entry == nullptr || find_text(*entry, "deviceId").empty() || devices.size() >= kMaxDevices) continue;
        CloudDevice device;
        device.device_id = bounded(find_text(*entry, "deviceId"));
        device.alias = decoded_alias(bounded(find_text(*entry, "alias")));
        device.model = bounded(find_text(*entry, "deviceModel"));
        device.type = bounded(find_text(*entry, "deviceType"));
        device.mac = normalize_mac(find_text(*entry, "deviceMac")).value_or("");
        device.server = server_of(*entry);
        device.online = find_int(*entry, "status").value_or(0) == 1;
        devices.push_back(std::move(device));
    }
    return devices;
}

Result<json::object> read_response_data(const json::object& result) {
    if (const json::object* object = find_object(result, "responseData")) return *object;
    const std::string_view text = find_text(result, "responseData");
    if (text.empty()) return fail(Errc::malformed, "the cloud brought no answer of the camera");
    auto parsed = tapo::parse_object(text);
    if (!parsed) return fail(Errc::malformed, "the camera's answer, brought by the cloud, is no JSON");
    return parsed;
}

}  // namespace tplink::kasa
