#include "tests/simulators/host/control_api.hpp"

#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/faults.hpp"
#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/http_server.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

HttpReply answer(const json::value& body, int status = 200) {
    return {.status = status, .body = json::serialize(body)};
}

HttpReply error_answer(int status, const std::string& sentence) {
    return answer(json::object{{"error", sentence}}, status);
}

} // namespace

struct ControlApi::State {
    explicit State(const std::vector<std::unique_ptr<HostedDevice>>& all) : devices(all) {}

    const std::vector<std::unique_ptr<HostedDevice>>& devices;
    FaultSwitch no_faults;
    std::unique_ptr<HttpServer> server;

    HttpReply handle(const HttpRequest& request) const;
    HttpReply change(HostedDevice& device, std::string_view what, const std::string& body) const;
    HostedDevice* find(std::string_view mac) const;
};

HostedDevice* ControlApi::State::find(std::string_view mac) const {
    const auto id = normalize_mac(mac);
    for (const auto& device : devices)
        if (id && device->id() == *id) return device.get();
    return nullptr;
}

HttpReply ControlApi::State::handle(const HttpRequest& request) const {
    constexpr std::string_view kPrefix = "/devices";
    std::string_view path = request.path();
    if (!path.starts_with(kPrefix)) return error_answer(404, "try /devices");
    path.remove_prefix(kPrefix.size());
    if (path.empty() || path == "/") {
        json::array list;
        for (const auto& device : devices) list.push_back(device->summary());
        return answer(list);
    }
    path.remove_prefix(1);
    const std::string_view mac = path.substr(0, path.find('/'));
    const std::string_view what = path.substr(std::min(path.size(), mac.size() + 1));
    HostedDevice* device = find(mac);
    if (!device) return error_answer(404, "no device has this MAC address");
    if (request.method == "GET" && (what.empty() || what == "state")) return answer(device->state());
    if (request.method == "GET" && what == "speech") return answer(json::object{{"alaw", base64_encode(device->speech())}});
    if (request.method == "POST") return change(*device, what, request.body);
    return error_answer(404, "try state, speech or faults");
}

HttpReply ControlApi::State::change(HostedDevice& device, std::string_view what,
                                    const std::string& body) const {
    boost::system::error_code error;
    const json::value parsed = json::parse(body, error);
    if (error || !parsed.is_object()) return error_answer(400, "the body is no JSON object");
    if (what != "state" && what != "faults") return error_answer(404, "try state or faults");
    const auto done =
        what == "state" ? device.set_state(parsed.get_object()) : device.set_faults(parsed.get_object());
    if (!done) return error_answer(400, done.error().what);
    return answer(device.state());
}

ControlApi::ControlApi(std::uint16_t port, const std::vector<std::unique_ptr<HostedDevice>>& devices)
    : state_(std::make_unique<State>(devices)) {
    HttpServerOptions options;
    options.port = port;
    state_->server = std::make_unique<HttpServer>(
        std::move(options),
        [state = state_.get()](const HttpRequest& request) { return state->handle(request); },
        state_->no_faults);
    state_->server->start();
}

ControlApi::~ControlApi() { state_->server->stop(); }

std::uint16_t ControlApi::port() const { return state_->server->port(); }

} // namespace tplink::sim
