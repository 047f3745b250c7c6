#include "gateway/app/login_test.hpp"

#include <boost/json/serialize.hpp>

#include "gateway/app/discovery_loop.hpp"
#include "gateway/app/ladder_opener.hpp"
#include "gateway/app/views.hpp"
#include "gateway/device/actor.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kAnnounceTime = std::chrono::milliseconds(1500);
constexpr std::size_t kMaxToken = 64;

/// Collects the steps and tells each at once.
class Steps {
public:
    Steps(EventBus& bus, std::string token) : bus_(bus), token_(std::move(token)) {}
    void say(const std::string& text, bool ok = true) {
        list_.push_back(json::object{{"text", text}, {"ok", ok}});
        if (!token_.empty()) bus_.publish("probe", {{"token", token_}, {"text", text}, {"ok", ok}});
    }
    json::object failed(const Error& error) {
        const Problem problem = describe(error);
        say(problem.message, false);
        return {{"ok", false}, {"steps", list_}, {"device", nullptr}, {"hint", problem.hint}};
    }
    json::array list() const { return list_; }

private:
    EventBus& bus_;
    std::string token_;
    json::array list_;
};

json::object try_login(const DeviceConfig& config, const Credentials& credentials, Steps& steps) {
    Announcements announcements;
    DiscoveryRequest question;
    question.targets = {config.host};
    question.broadcast = false;
    question.timeout = kAnnounceTime;
    const auto found = find_devices(question, {}, &announcements);
    if (found && !found->empty()) steps.say(config.host + " announces itself: " + found->front().model + (found->front().transport.empty() ? "" : ", login " + found->front().transport));
    else steps.say(config.host + " does not announce itself; it is asked directly");
    const auto opener = make_ladder_opener({&announcements});
    OpenRequest request;
    request.host = config.host;
    request.port = config.port;
    request.family = config.family;
    request.credentials = credentials;
    auto opened = opener->open(request);
    if (!opened) return steps.failed(opened.error());
    steps.say("Secure login: " + opened->learned.transport);
    const auto identity = opened->session->identify();
    if (!identity) return steps.failed(identity.error());
    steps.say("Password accepted: " + identity->model + (identity->name.empty() ? "" : " \"" + identity->name + "\""));
    steps.say(std::to_string(identity->components.size()) + " functions");
    return {{"ok", true},
            {"steps", steps.list()},
            {"hint", ""},
            {"device", json::object{{"name", identity->name}, {"model", identity->model}, {"mac", colon_mac(identity->mac)},
                                    {"family", json::string(to_string(opened->learned.family))}, {"transport", opened->learned.transport}}}};
}

}  // namespace

WebResult<json::value> test_login(const Parts& parts, const json::object& body) {
    json::object entry = body;
    std::string token;
    if (const json::value* given = entry.if_contains("token"); given != nullptr && given->is_string() && given->get_string().size() <= kMaxToken)
        token = std::string(given->get_string());
    entry.erase("token");
    const LoadedConfig loaded = parse_device(json::serialize(entry));
    if (!loaded.faults.empty()) return tl::unexpected(bad_request(loaded.faults.front().key + " " + loaded.faults.front().message));
    const DeviceConfig& config = loaded.config.devices.front();
    if (config.host.empty()) return tl::unexpected(bad_request("host is needed: the device's address"));
    const Credentials credentials = config.credentials.value_or(parts.config()->account);
    if (credentials.password.empty()) return tl::unexpected(bad_request("There is no account yet.", "Give user and password, or set the account under System > Settings."));
    Steps steps(parts.bus, token);
    return try_login(config, credentials, steps);
}

}  // namespace tplink::gateway
