#include "gateway/app/login.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "gateway/mqtt/topics.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/base/random.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/net/udp.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// "supervisor", or "127.0.0.1:8123" from TPLINK2MQTT_SUPERVISOR: tests play the Supervisor themselves.
net::HttpOptions supervisor_address(const Environment& environment) {
    net::HttpOptions options;
    options.host = "supervisor";
    const auto other = environment.find("TPLINK2MQTT_SUPERVISOR");
    if (other == environment.end()) return options;
    const auto colon = other->second.find(':');
    options.host = other->second.substr(0, colon);
    if (colon != std::string::npos) options.port = static_cast<std::uint16_t>(std::strtoul(other->second.c_str() + colon + 1, nullptr, 10));
    return options;
}

/// The port as a number or as a text: both were seen described.
std::uint16_t port_of(const json::object& object) {
    const json::value* port = object.if_contains("port");
    long number = 0;
    if (port != nullptr && port->is_int64()) number = port->get_int64();
    if (port != nullptr && port->is_string()) number = std::strtol(std::string(port->get_string()).c_str(), nullptr, 10);
    return number > 0 && number < 65536 ? static_cast<std::uint16_t>(number) : std::uint16_t{1883};
}

/// GET http://supervisor/services/mqtt (source: Home Assistant, add-on communication): {"result":"ok","data":{"host","port","username","password","ssl"}}.
Result<BrokerAddress> ask_supervisor(const net::HttpOptions& address, const std::string& token) {
    const auto client = net::make_http_client(address);
    net::HttpRequest request;
    request.method = "GET";
    request.path = "/services/mqtt";
    request.headers = {{"Authorization", "Bearer " + token}};
    const auto reply = client->send(request);
    if (!reply) return fail(Errc::unreachable, "Home Assistant's Supervisor does not answer (" + reply.error().what + "); it is asked again for the MQTT broker");
    boost::system::error_code ec;
    const json::value body = json::parse(reply->body, ec);
    const json::value* data = !ec && body.is_object() ? body.get_object().if_contains("data") : nullptr;
    if (reply->status == 403) return fail(Errc::refused, "Home Assistant gives this add-on no access to the MQTT service; install the add-on again, or set mqtt.host");
    if (reply->status != 200 || data == nullptr || !data->is_object() || text_of(data->get_object(), "host").empty())
        return fail(Errc::refused, "Home Assistant knows no MQTT broker yet: install and start the Mosquitto broker add-on, or set mqtt.host; it is asked again");
    const json::object& found = data->get_object();
    BrokerAddress out;
    out.host = text_of(found, "host");
    out.port = port_of(found);
    out.login = {text_of(found, "username"), Secret(text_of(found, "password"))};
    if (const json::value* tls = found.if_contains("ssl"); tls != nullptr && tls->is_bool()) out.tls = tls->get_bool();
    return out;
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
    out.locate = [address = supervisor_address(environment), token = token->second, own = out.login]() -> Result<BrokerAddress> {
        BrokerAddress found = TRY(ask_supervisor(address, token));
        if (!own.username.empty()) found.login = own;
        return found;
    };
    return out;
}

Result<std::unique_ptr<Broker>> make_broker(const Config& config, const Environment& environment, StateStore& store, Log& log) {
    const Topics topics(config.mqtt.base_topic, config.mqtt.discovery_prefix);
    const std::string suffix = store.text("mqtt_client", [] { return hex_lower(system_random().bytes(4)); });
    MqttOptions mqtt = TRY(mqtt_options(config, environment, config.mqtt.base_topic + "_" + suffix));
    mqtt.logger = log.logger("mqtt");
    mqtt.will = {topics.bridge_state(), "offline", true, 1, Rank::online, false};
    return make_paho_broker(std::move(mqtt));
}

std::string http_scheme(const HttpConfig& http) { return http.ssl_cert.empty() ? "http://" : "https://"; }

std::string page_address(const Config& config) {
    std::string host = config.http.listen.address;
    if (host == "0.0.0.0" || host == "::" || host == "[::]") host = net::local_address_towards("192.0.2.1").value_or("");  // no packet: the way out alone is looked up
    return host.empty() || config.http.listen.port == 0 ? std::string() : http_scheme(config.http) + host + ":" + std::to_string(config.http.listen.port) + "/";
}

}  // namespace tplink::gateway
