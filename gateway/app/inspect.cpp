#include "gateway/app/inspect.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iostream>
#include <optional>

#include "gateway/app/discovery_loop.hpp"
#include "gateway/app/ladder_opener.hpp"
#include "gateway/app/probe_report.hpp"
#include "gateway/app/views.hpp"
#include "gateway/capabilities/engine.hpp"
#include "gateway/capabilities/profiles.hpp"
#include "gateway/capabilities/tables.hpp"
#include "gateway/config/state_store.hpp"
#include "gateway/device/actor.hpp"
#include "gateway/diagnostics/redact.hpp"

namespace tplink::gateway {
namespace {

/// The configuration for a look at one device. Without a file the environment alone may name the account; a broker is
/// not needed, so its absence is no fault here.
std::optional<Config> config_for_look(const Arguments& arguments, const Environment& environment) {
    Environment relaxed = environment;
    relaxed.try_emplace("TPLINK2MQTT__MQTT__HOST", "unused");
    const auto file = arguments.config.empty() ? default_config_file() : std::optional(arguments.config);
    const LoadedConfig loaded = file ? load_config(*file, relaxed) : parse_config("", "(no file)", relaxed);
    for (const ConfigFault& fault : loaded.faults) std::cerr << fault.text() << '\n';
    if (!loaded.faults.empty()) return std::nullopt;
    return loaded.config;
}

/// With what the service has learned of the device, so that a look costs no more attempts than its login would.
OpenRequest request_for(const std::string& address, const Config& config) {
    OpenRequest request;
    request.host = address;
    request.credentials = config.account;
    for (const DeviceConfig& device : config.devices) {
        if (device.host != address) continue;
        request.port = device.port;
        request.family = device.family;
        request.state_port = device.state_port;
        request.control = device.control;
        if (device.credentials) request.credentials = *device.credentials;
    }
    for (const auto& [mac, learned] : StateStore::peek(config.state_dir))
        if (learned.address == address && (request.port == 0 || learned.port == 0 || learned.port == request.port)) request.learned = learned;
    return request;
}

struct Look {
    Identity identity;
    std::string transport;
    Family family = Family::automatic;
    Document document;
    std::vector<const Capability*> rows;
    std::map<std::string, std::vector<std::string>> options;
    json::object state;
    std::vector<std::string> unknown_components;
    json::object refused_methods;  ///< method -> why; of those the table asks for
    std::shared_ptr<const Profiles> profiles;  ///< `rows` point into it
};

/// Asks everything once; what no way to the device could answer yet is asked again, a few times.
Result<void> ask_all(Session& session, std::vector<Request> requests, Look& look) {
    constexpr int kRounds = 6;
    for (int round = 0; round < kRounds && !requests.empty(); ++round) {
        const auto answers = TRY(session.query(requests));
        std::vector<Request> later;
        for (std::size_t i = 0; i < answers.size() && i < requests.size(); ++i) {
            const Answer& answer = answers[i];
            look.refused_methods.erase(answer.method);
            if (answer.result) {
                merge_answer(look.document, answer.method, *answer.result);
                continue;
            }
            const Error& error = answer.result.error();
            look.refused_methods[answer.method] = error.what;
            if (error.aside && error.code == Errc::timeout) later.push_back(std::move(requests[i]));
        }
        requests = std::move(later);
    }
    return {};
}

/// Logs in once, asks everything once. attempts: what was asked on the way to a login.
Result<Look> look_at(const OpenRequest& request, std::vector<tapo::Attempt>& attempts, const std::string& state_dir) {
    Announcements announcements;
    DiscoveryRequest question;
    question.targets = {request.host};
    question.broadcast = false;
    question.timeout = std::chrono::milliseconds(1500);
    (void)find_devices(question, {}, &announcements);  // a hint only: a device that does not announce itself is asked all the same
    Climbed climbed = climb_ladder(request, {&announcements}, {});
    attempts = std::move(climbed.attempts);
    Opened opened = TRY(std::move(climbed.opened));
    Look look;
    look.family = opened.learned.family;
    look.identity = TRY(opened.session->identify());
    look.transport = opened.session->transport();
    std::vector<ConfigFault> faults;
    look.profiles = Profiles::load(state_dir + "/profiles", faults);
    for (const ConfigFault& fault : faults) std::cerr << "profile: " << fault.text() << '\n';
    const Table table = look.profiles->table(look.family, look.identity.model);
    std::vector<Query> more;  // what a recording needs beside the rows: who hangs on it, what it lists
    for (const ChildrenOf& how : table.children)
        for (const Query& query : child_queries(how)) more.push_back(query);
    if (look.family == Family::tapo_camera) more.push_back({"getAppComponentList", R"({"app_component":{"name":"app_component_list"}})"});
    Offer offer(table.rows, look.identity.components, std::move(more));
    const std::int64_t now = std::chrono::system_clock::to_time_t(system_clock().wall());
    // Twice: what the first answers tell (a second lens) opens further questions.
    for (int round = 0; round < 2; ++round) {
        const std::vector<Query> queries = offer.queries(look.document);
        std::vector<Request> requests;
        for (const Query& query : queries) requests.push_back(to_request(query, now));
        TRY_VOID(ask_all(*opened.session, std::move(requests), look));
        offer.asked(queries);
        offer.update(look.document, now);
    }
    look.transport = opened.session->transport();  // a Kasa camera's is found out by asking
    look.unknown_components = unknown_components(table.rows, look.identity.components);
    look.rows = offer.rows();
    for (const Capability* row : look.rows)
        if (auto options = options_of(*row, look.document); !options.empty()) look.options[std::string(row->id)] = std::move(options);
    look.state = render(look.rows, look.document, {}, now);
    return look;
}

Exit exit_for(const Error& error) {
    return error.code == Errc::unreachable || error.code == Errc::timeout ? Exit::temporary : Exit::failed;
}

std::string shown(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_null()) return "-";
    if (value.is_double()) {
        char text[40];
        std::snprintf(text, sizeof text, "%g", value.get_double());
        return text;
    }
    return json::serialize(value);
}

}  // namespace

Exit run_check(const Arguments& arguments, const Environment& environment) {
    const auto file = arguments.config.empty() ? default_config_file() : std::optional(arguments.config);
    if (!file) {
        std::cerr << "No configuration file found; give one with --config FILE.\n";
        return Exit::bad_input;
    }
    const LoadedConfig loaded = load_config(*file, environment);
    for (const ConfigFault& fault : loaded.faults) std::cerr << fault.text() << '\n';
    if (!loaded.faults.empty()) return Exit::bad_input;
    std::cout << *file << ": valid, " << loaded.config.devices.size() << " devices\n";
    return Exit::done;
}

Exit run_discover(const Arguments& arguments, const Environment& environment) {
    DiscoveryRequest request;
    request.targets = arguments.targets;
    request.timeout = arguments.timeout;
    if (!arguments.config.empty()) {
        const auto config = config_for_look(arguments, environment);
        if (!config) return Exit::bad_input;
        request.account = config->account.username;
        request.targets.insert(request.targets.end(), config->discovery.targets.begin(), config->discovery.targets.end());
    }
    const auto found = find_devices(request, {});
    if (!found) {
        std::cerr << found.error().what << '\n';
        return found.error().code == Errc::refused ? Exit::bad_input : Exit::failed;
    }
    json::array list;
    for (const FoundDevice& device : *found) {
        if (arguments.json)
            list.push_back(json::object{{"mac", colon_mac(device.mac)}, {"address", device.address}, {"port", device.port}, {"model", device.model},
                                        {"device_type", device.device_type}, {"family", json::string(to_string(device.family))},
                                        {"transport", device.transport}, {"firmware", device.firmware}, {"same_account", device.same_account}});
        else
            std::cout << device.address << "  " << colon_mac(device.mac) << "  " << device.model << "  " << device.transport << '\n';
    }
    if (arguments.json) std::cout << json::serialize(list) << '\n';
    if (found->empty()) {
        std::cerr << "No device answered; name addresses with --target, and check that UDP ports 9999 and 20002 are not blocked.\n";
        return Exit::temporary;
    }
    return Exit::done;
}

Exit run_probe(const Arguments& arguments, const Environment& environment) {
    const auto config = config_for_look(arguments, environment);
    if (!config) return Exit::bad_input;
    std::vector<tapo::Attempt> attempts;
    const auto look = look_at(request_for(arguments.address, *config), attempts, config->state_dir);
    if (!look) {
        const Problem problem = describe(look.error());
        if (arguments.json)
            std::cout << json::serialize(json::object{{"address", arguments.address}, {"login", json::object{{"transport", nullptr}, {"ladder", ladder_json(attempts, "")}}},
                                                      {"error", json::object{{"code", json::string(to_string(problem.code))}, {"message", problem.message}, {"hint", problem.hint}}}}) << '\n';
        else if (!attempts.empty()) std::cout << "asked:\n" << ladder_text(attempts, "");
        std::cerr << arguments.address << ": " << problem.message << ". " << problem.hint << '\n';
        return exit_for(look.error());
    }
    DeviceView view;
    view.id = look->identity.mac;
    view.name = look->identity.name;
    view.host = arguments.address;
    view.identity = look->identity;
    view.family = look->family;
    view.transport = look->transport;
    view.online = true;
    view.rows = look->rows;
    view.options = look->options;
    view.state = look->state;
    if (arguments.json) {
        json::object device = api_device(view, nullptr);
        json::array unknown;
        for (const std::string& name : look->unknown_components) unknown.emplace_back(name);
        device["login"] = json::object{{"transport", view.transport}, {"ladder", ladder_json(attempts, view.transport)}};
        device["unknown_components"] = std::move(unknown);
        device["refused_methods"] = look->refused_methods;
        std::cout << json::serialize(device) << '\n';
        return Exit::done;
    }
    std::cout << view.identity.model << " \"" << view.identity.name << "\" " << colon_mac(view.identity.mac) << ", hardware " << view.identity.hardware << ", firmware "
              << view.identity.firmware << "\nlogin: " << view.transport << "\n" << ladder_text(attempts, view.transport) << view.rows.size() << " capabilities:\n";
    for (const Capability* row : view.rows) {
        const json::value* value = view.state.if_contains(row->id);
        std::cout << "  " << row->id << " = " << (value != nullptr ? shown(*value) : "(action)") << (is_writable(*row) ? "" : "  (read-only)") << '\n';
    }
    if (!look->unknown_components.empty()) {
        std::cout << "components without an entity (worth a report with a dump):";
        for (const std::string& name : look->unknown_components) std::cout << ' ' << name;
        std::cout << '\n';
    }
    std::map<std::string, std::string> unanswered;  // by reason: a way that is closed concerns many
    for (const auto& [method, why] : look->refused_methods) {
        std::string& methods = unanswered[shown(why)];
        methods += (methods.empty() ? "" : ", ") + std::string(method);
    }
    for (const auto& [why, methods] : unanswered) std::cout << "not answered: " << methods << ": " << why << '\n';
    return Exit::done;
}

Exit run_dump(const Arguments& arguments, const Environment& environment) {
    const auto config = config_for_look(arguments, environment);
    if (!config) return Exit::bad_input;
    std::vector<tapo::Attempt> attempts;
    const auto look = look_at(request_for(arguments.address, *config), attempts, config->state_dir);
    if (!look) {
        const Problem problem = describe(look.error());
        std::cerr << arguments.address << ": " << problem.message << ". " << problem.hint << '\n';
        return exit_for(look.error());
    }
    std::cout << json::serialize(Redactor().redact(look->document)) << '\n';
    return Exit::done;
}

}  // namespace tplink::gateway
