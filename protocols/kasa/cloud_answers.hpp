#pragma once
// Reading what the cloud answers. Pure. Source: cloud.md.

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/secret.hpp"
#include "protocols/kasa/cloud_codes.hpp"

namespace tplink::kasa {

namespace json = boost::json;

/// Any answer: the code is the outer one, else the one hidden inside `result` (also when it is written as text).
struct CloudReply {
    int code = 0;
    CloudClass what = CloudClass::ok;
    json::object result;
};

/// in: HTTP status and body. What is no JSON object, or came with HTTP 5xx, has class `retry` (a text that speaks of a
/// black list: rate_limit).
CloudReply read_cloud_reply(int http_status, std::string_view body);

/// What a login, a refresh or a code check brought.
struct CloudTokens {
    Secret token, refresh;  ///< refresh: empty when none was given
    std::string server;     ///< URL of the server for everything after; empty: the same
};
/// Nothing when there is no token: a failure whatever the code says.
std::optional<CloudTokens> read_tokens(const json::object& result);

/// What the second factor needs.
struct MfaChallenge {
    std::string process;
    int type = 2;  ///< 1: push to an app, 2: e-mail
};
MfaChallenge read_mfa(const json::object& result);

/// The server an answer names: appServerUrlV2, else appServerUrl; empty when none.
std::string server_of(const json::object& result);

struct CloudDevice {
    std::string device_id, alias, model, type, mac, server;  ///< mac: 12 lower hex digits
    bool online = false;
};
/// Devices of getDeviceList's result, at most 256; entries without an id are left out.
std::vector<CloudDevice> read_device_list(const json::object& result);

/// The device's own reply inside a passthrough's result: text or object. errors: malformed.
Result<json::object> read_response_data(const json::object& result);

}  // namespace tplink::kasa
