#include "gateway/app/login.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "protocols/base/bytes.hpp"
#include "protocols/base/random.hpp"
#include "protocols/net/http_client.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// GET http://supervisor/services/mqtt (source: Home Assistant, add-on communication): {"result":"ok","data":{"host","port","username","password","ssl"}}.
Result<void> ask_supervisor(const std::string& token, MqttOptions& out) {
    net::HttpOptions options;
    options.host = "supervisor";
    const auto client = net::make_http_client(options);
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/services/mqtt";
    request.headers = {{"Authorization", "Bearer " + token}};
    const auto reply = client->send(request);
    if (!reply) return fail_in("Home Assistant's Supervisor was asked for the broker", reply.error());
    boost::system::error_code ec;
    const json::value body = json::parse(reply->body, ec);
    const json::value* data = !ec && body.is_object() ? body.get_object().if_contains("data") : nullptr;
    if (reply->status != 200 || data == nullptr || !data->is_object())
        return fail(Errc::refused, "Home Assistant knows no MQTT broker: install the Mosquitto add-on, or set mqtt.host");
    const json::object& found = data->get_object();
    out.host = text_of(found, "host");
    if (const json::value* port = found.if_contains("port"); port != nullptr && port->is_int64()) out.port = static_cast<std::uint16_t>(port->get_int64());
    if (out.login.username.empty()) out.login = {text_of(found, "username"), Secret(text_of(found, "password"))};
    if (const json::value* tls = found.if_contains("ssl"); tls != nullptr && tls->is_bool()) out.tls = tls->get_bool();
    return {};
}

}  // namespace

ListenerLogin login_of(const Listen& listen, const std::string& username, const Secret& password, StateStore& store, const std::string& key) {
    ListenerLogin login{{username.empty() ? "admin" : username, password}, false};
    if (!password.empty()) return login;
    if (listen.is_loopback()) return {{}, false};
    login.user.password = Secret(store.text(key, [&] {
        login.generated_now = true;
        return hex_lower(system_random().bytes(9));
    }));
    return login;
}

ListenerLogin rtsp_login(const Config& config, const Credentials& http_user, StateStore& store) {
    if (!config.rtsp.password.empty()) return {{config.rtsp.username.empty() ? config.http.username : config.rtsp.username, config.rtsp.password}, false};
    if (config.rtsp.username.empty() && !http_user.password.empty()) return {http_user, false};
    return login_of(config.rtsp.listen, config.rtsp.username.empty() ? config.http.username : config.rtsp.username, config.rtsp.password, store, "http_password");
}

Result<MqttOptions> mqtt_options(const Config& config, const Environment& environment, const std::string& client_id) {
    MqttOptions out;
    out.host = config.mqtt.host;
    out.port = config.mqtt.port;
    out.login = {config.mqtt.username, config.mqtt.password};
    out.tls = config.mqtt.tls;
    out.ca_file = config.mqtt.ca_file;
    out.client_cert = config.mqtt.client_cert;
    out.client_key = config.mqtt.client_key;
    out.client_id = client_id;
    if (!out.host.empty()) return out;
    const auto token = environment.find("SUPERVISOR_TOKEN");
    if (token == environment.end()) return fail(Errc::refused, "mqtt.host is needed: the address of the MQTT broker");
    TRY_VOID(ask_supervisor(token->second, out));
    return out;
}

}  // namespace tplink::gateway
