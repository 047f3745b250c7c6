#include "gateway/app/gateway.hpp"

#include <algorithm>

#include "gateway/app/events.hpp"
#include "gateway/app/ladder_opener.hpp"
#include "gateway/app/login.hpp"
#include "gateway/app/onvif_desk.hpp"
#include "gateway/app/parts.hpp"
#include "gateway/app/requests.hpp"
#include "gateway/app/settings_desk.hpp"
#include "gateway/app/views.hpp"
#include "gateway/app/web_backend.hpp"
#include "gateway/version.hpp"
#include "gateway/web/server.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kHealthInterval = std::chrono::minutes(10);
constexpr auto kEnergyInterval = std::chrono::seconds(30);     // what a crash may cost of the totals
constexpr auto kDevicesDelay = std::chrono::milliseconds(300);  // bridge/devices: many changes at once become one message
constexpr auto kHealthDelay = std::chrono::seconds(3);
constexpr auto kReloadDelay = std::chrono::milliseconds(200);
const std::string kTokens = "access_tokens";  // in the state store
constexpr auto kSnapshotAge = std::chrono::seconds(30);

bool is_on(const DeviceView& view, std::string_view property) {
    const json::value* value = view.state.if_contains(property);
    return value != nullptr && *value == json::value("ON");
}

/// Its id will stay: it may appear in topics.
bool is_public(const DeviceView& view) { return view.mac_known() || (!view.via.empty() && !view.via.starts_with("host_")); }

}  // namespace

struct Gateway::Impl {
    Impl(Config first, std::string file, Environment env, Log& log_)
        : config_(std::make_shared<const Config>(std::move(first))), config_file(std::move(file)), environment(std::move(env)), log(log_),
          main_log(log_.logger("gateway")), store(config_->state_dir), refusals(store), cloud(store, [this] { on_cloud(); }), energy(config_->state_dir),
          registry(system_clock(), system_random(), store, [this] { return make_recording_opener(make_ladder_opener({&announcements, &refusals, [this] { return cloud.account(); }}), recorder); }, tcp_probe),
          desk(registry, [this](const CommandResult& result) { on_mqtt_result(result); }),
          discovery(announcements, [this](const std::vector<FoundDevice>& found) { on_found(found); }, [this] { return known_hosts(); },
                    [this](const std::string& problem) { main_log->warn("discovery: {}", problem); }) {}

    Result<void> start();
    void tell_password(const Credentials& user);
    VideoEvents video_events();
    /// Who may use our listeners; empty user: everybody.
    struct Logins {
        Credentials http, rtsp;
    };
    Logins make_logins(const Config& now);
    WebOptions page_options(const Config& now, const Credentials& user);
    PublisherOptions publisher_options(const Config& now) const;
    CommandHandlers command_handlers();
    void apply_settings();
    std::vector<ConfigFault> change_settings(const json::object& wanted);
    void reload_video(const Config& before, const Config& now);
    void reload_page(const Config& before, const Config& now);
    void reload_mqtt(const Config& before, const Config& now);
    void publish_device(const DeviceView& view);
    void photograph(const DeviceView& view);
    void begin();
    void reload();
    void stop();

    // What callbacks do.
    void on_changed(const DeviceView& view, const DeviceView* before);
    void on_state(const DeviceView& view, const DeviceView& before);
    void announce(const DeviceView& view, const DeviceView* before);
    void on_removed(const DeviceView& view);
    void on_mqtt_result(const CommandResult& result);
    void on_found(const std::vector<FoundDevice>& found);
    void on_stream(const std::string& id, const json::object& stream);
    void on_request(const RequestCommand& request);
    void on_cloud();
    void on_event(const DetectionEvent& event);
    void picture_of_event(const DetectionEvent& event);
    void log_change(const DeviceView& view, const DeviceView* before);
    void publish_state(const DeviceView& view);
    void tell_devices();
    void tell_info();
    std::vector<std::string> known_hosts() const;
    void expect_known();

    /// The configuration in use; replaced as a whole by reload().
    std::shared_ptr<const Config> config() const {
        const std::lock_guard lock(config_mutex);
        return config_;
    }

    mutable std::mutex config_mutex;
    std::mutex reload_mutex;  // one reload at a time, none while stopping
    std::shared_ptr<const Config> config_;
    std::string config_file;
    Environment environment;
    Log& log;
    std::shared_ptr<spdlog::logger> main_log;
    mutable StateStore store;
    Refusals refusals;
    SettingsDesk settings{store, config_file, environment};
    EventBus bus;
    AccessTokens tokens{store.text(kTokens, [] { return std::string("{}"); }), [this](const std::string& text) { store.put_text(kTokens, text); }, system_random()};
    std::function<void()> exit_wanted;
    std::atomic<bool> stopping = false;  // callbacks that come late say nothing any more
    SteadyTime started = std::chrono::steady_clock::now();
    WallTime started_at = std::chrono::system_clock::now();

    // In this order they start; they go in reverse.
    Announcements announcements;
    CloudDesk cloud;
    std::string cloud_state;  // told last; by the clerk only
    FlightRecorder recorder;
    EnergyLedger energy;
    Registry registry;
    ResultDesk desk;
    DiscoveryLoop discovery;
    std::unique_ptr<Clerk> clerk;
    std::unique_ptr<Clerk> announcer;
    std::unique_ptr<Clerk> photographer;  // a camera may need 10 s; requests must not wait for it
    std::unique_ptr<Publisher> publisher;
    std::unique_ptr<Video> video;
    std::unique_ptr<OnvifDesk> onvif;
    std::unique_ptr<Parts> parts;
    std::unique_ptr<GatewayBackend> backend;
    std::unique_ptr<WebServer> web;
    std::unique_ptr<Events> event_sources;
};

Result<void> Gateway::Impl::start() {
    apply_settings();
    const auto now = config();
    if (const std::string problem = store.problem(); !problem.empty()) main_log->warn("{}", problem);
    const Logins logins = make_logins(*now);
    clerk = std::make_unique<Clerk>();
    photographer = std::make_unique<Clerk>();
    announcer = std::make_unique<Clerk>();
    video = TRY(make_video(*now, logins.rtsp, video_events()));
    publisher = std::make_unique<Publisher>(publisher_options(*now), TRY(make_broker(*now, environment, store, log)), command_handlers());
    parts = std::make_unique<Parts>(Parts{log, store, registry, desk, cloud, discovery, *clerk, bus, *publisher, video.get(), recorder, started, tokens, [this] { return config(); }, [this] { return settings.fault(); },
                                          [this](const json::object& wanted) { return change_settings(wanted); },
                                          [this] { return settings.describe(); }, [this] { exit_wanted(); },
                                          [this](const std::string& id) { return onvif ? onvif->port_of(id) : std::uint16_t{0}; }});
    backend = std::make_unique<GatewayBackend>(*parts);
    web = TRY(WebServer::start(page_options(*now, logins.http), *backend));
    if (video) {
        onvif = std::make_unique<OnvifDesk>(store, registry, desk, *video, [this](const std::string& sentence) { main_log->warn("{}", sentence); });
        onvif->configure(*now, logins.rtsp);
    }
    begin();
    main_log->info("tplink2mqtt {} is running: page on {}:{}{}", version(), now->http.listen.address, web->port(),
                   video && video->rtsp_port() != 0 ? ", RTSP on port " + std::to_string(video->rtsp_port()) : "");
    return {};
}

/// The only time it is ever shown, so also when the log is set to say less.
void Gateway::Impl::tell_password(const Credentials& user) {
    const std::string level = log.level();
    log.set_level("info");
    main_log->info("password made for this gateway, shown once: user '{}', password '{}'", user.username, user.password.reveal());
    log.set_level(level);
}

VideoEvents Gateway::Impl::video_events() {
    VideoEvents events;
    events.stream_changed = [this](const std::string& id, const json::object& stream) { on_stream(id, stream); };
    events.log = [this](const std::string& level, const std::string& id, const std::string& line) {
        const auto view = registry.view(id);
        const auto logger = log.logger(view ? view->name : id.empty() ? "media" : id);
        if (level == "debug") logger->debug("{}", line);
        else if (level == "warning") logger->warn("{}", line);
        else if (level == "error") logger->error("{}", line);
        else logger->info("{}", line);
    };
    return events;
}

Gateway::Impl::Logins Gateway::Impl::make_logins(const Config& now) {
    const ListenerLogin http = login_of(now.http.listen, now.http.username, now.http.password, store, "http_password");
    const ListenerLogin rtsp = rtsp_login(now, http.user, store);
    for (const ListenerLogin& login : {http, rtsp})
        if (login.generated_now) tell_password(login.user);
    return {http.user, rtsp.user};
}

WebOptions Gateway::Impl::page_options(const Config& now, const Credentials& user) {
    WebOptions page;
    page.address = now.http.listen.address;
    page.port = now.http.listen.port;
    page.user = user;
    page.admits_token = [this](std::string_view token) { return tokens.admits(token); };
    page.addon = environment.contains("SUPERVISOR_TOKEN");
    return page;
}

PublisherOptions Gateway::Impl::publisher_options(const Config& now) const {
    PublisherOptions options{Topics(now.mqtt.base_topic, now.mqtt.discovery_prefix), now.mqtt.discovery, Origin{"tplink2mqtt", std::string(version()), ""}, page_address(now)};
    options.raw = now.mqtt.raw;
    return options;
}

CommandHandlers Gateway::Impl::command_handlers() {
    CommandHandlers handlers;
    handlers.set = [this](SetCommand command) {
        for (auto& assignment : command.assignments)
            desk.forward(command.id, {assignment.property, std::move(assignment.value), command.transaction});
    };
    handlers.get = [this](GetCommand command) { registry.poll(command.id); };
    handlers.raw = [this](RawCommand command) {
        PropertyCommand raw{"raw", nullptr, std::move(command.transaction)};
        raw.raw = Request{std::move(command.method), std::move(command.params)};
        desk.forward(command.id, std::move(raw));
    };
    handlers.request = [this](RequestCommand request) {
        const auto& who = request.what == "talk" ? announcer : clerk;  // a speech takes its time
        if (!who->post([this, request] { on_request(request); }))
            publisher->answer({request.what, nullptr, "too many requests are waiting; send fewer", request.transaction});
    };
    return handlers;
}

/// Everything stands; now it may speak.
void Gateway::Impl::begin() {
    log.listen([this](const std::string& level, const std::string& device, const std::string& line) {
        const std::string who = device == "gateway" ? "" : device;
        bus.publish("log", json::object{{"time", iso_time(std::chrono::system_clock::now())}, {"level", level}, {"device", who}, {"message", line}});
        publisher->log(level, line, who);
    });
    event_sources = std::make_unique<Events>(registry, [this](const DetectionEvent& event) { on_event(event); },
                                      [this](std::string_view level, const std::string& message, const std::string& id) {
                                          const auto view = registry.view(id);
                                          log.logger(view ? view->name : "gateway")->log(level == "warning" ? spdlog::level::warn : spdlog::level::info, "{}", message);
                                      }, EventsOptions{});
    registry.listen({[this](const DeviceView& view, const DeviceView* before) { on_changed(view, before); },
                     [this](const DeviceView& view) { on_removed(view); }, [this](const CommandResult& result) { desk.done(result); },
                     [this](const std::string& id, const std::string& kind, std::int64_t at) { event_sources->alarm(id, kind, at); },
                     [this](const std::string& id) { return event_sources->has_push(id); }});
    registry.keep_energy(energy);
    clerk->every("energy", kEnergyInterval, [this] { energy.flush(); });
    expect_known();
    publisher->start();
    tell_info();
    cloud.configure(*config());
    std::vector<ConfigFault> faults;
    const auto profiles = Profiles::load(config()->state_dir + "/profiles", faults);
    for (const ConfigFault& fault : faults) main_log->error("profile: {}", fault.text());
    if (profiles->size() > 0) main_log->info("{} profile(s) in use", profiles->size());
    registry.use(profiles);
    registry.configure(*config());
    event_sources->start();
    discovery.configure(*config());
    clerk->every("health", kHealthInterval, [this] { publisher->set_bridge_health(health_document(*parts)); });
    clerk->post([this] { publisher->set_bridge_health(health_document(*parts)); });
}

/// Devices known from before: what the broker keeps of them stays until they answer.
void Gateway::Impl::expect_known() {
    std::set<std::string> ids;
    const auto learned = store.devices();
    for (const auto& [mac, facts] : learned) {
        ids.insert(mac);
        ids.insert(facts.children.begin(), facts.children.end());
    }
    bool complete = true;
    for (const auto now = config(); const DeviceConfig& device : now->devices) {
        if (!device.mac.empty()) ids.insert(device.mac);
        else complete &= std::any_of(learned.begin(), learned.end(), [&](const auto& item) { return item.second.address == device.host; });
    }
    publisher->expect(std::move(ids), complete);
}

std::vector<std::string> Gateway::Impl::known_hosts() const {
    std::vector<std::string> hosts;
    for (const auto& view : registry.views())
        if (!view->host.empty() && std::find(hosts.begin(), hosts.end(), view->host) == hosts.end()) hosts.push_back(view->host);
    return hosts;
}

void Gateway::Impl::log_change(const DeviceView& view, const DeviceView* before) {
    const bool was_online = before != nullptr && before->online;
    const auto logger = log.logger(view.name);
    if (view.online && !was_online) logger->info("online at {} over {}", view.host, view.transport);
    if (view.problem && (before == nullptr || before->problem != view.problem)) {
        const bool human = view.problem->code == Errc::auth_failed || view.problem->code == Errc::certificate_changed;
        logger->log(human ? spdlog::level::err : spdlog::level::warn, "{}: {} {}", to_string(view.problem->code), view.problem->message, view.problem->hint);
    }
}

void Gateway::Impl::on_changed(const DeviceView& view, const DeviceView* before) {
    if (before != nullptr && before->id == view.id && before->shape == view.shape) return on_state(view, *before);
    log_change(view, before);
    if (before != nullptr && before->id != view.id) {
        bus.publish("removed", {{"id", before->id}});
        if (video) video->remove_device(before->id);
        if (onvif) onvif->remove_device(before->id);
        if (is_public(*before)) publisher->remove_device(before->id);  // another device has its address now
    }
    const auto access = registry.access(view.id);
    if (video && access && view.via.empty()) video->set_device(view, *access);  // what hangs on a hub has no port of its own
    if (onvif) onvif->set_device(view);
    if (onvif && before != nullptr) onvif->state_changed(view, *before);
    if (event_sources) event_sources->device(view, access);
    if (is_public(view)) announce(view, before);
    if (view.problem && view.problem->code == Errc::auth_failed && (before == nullptr || before->problem != view.problem))
        publisher->bridge_event("login_failed", {{"id", view.id}, {"name", view.name}, {"message", view.problem->message}});
    bus.publish("device", device_document(*parts, view));
    clerk->later("devices", kDevicesDelay, [this] { tell_devices(); });
    clerk->later("health once", kHealthDelay, [this] { publisher->set_bridge_health(health_document(*parts)); });
}

/// Only values are new: nothing about the device itself has to be told again.
void Gateway::Impl::on_state(const DeviceView& view, const DeviceView& before) {
    if (video && view.via.empty() && is_on(view, "privacy") != is_on(before, "privacy"))
        if (const auto access = registry.access(view.id)) video->set_device(view, *access);  // no picture, not even an old one
    if (is_public(view) && !view.rows.empty()) {
        publish_state(view);
        if (is_on(view, "privacy") && !is_on(before, "privacy")) publisher->clear_pictures(view.id);
    }
    if (onvif) onvif->state_changed(view, before);
    if (before.state != view.state) bus.publish("state", {{"id", view.id}, {"state", view.state}});
}

/// What MQTT is to know of a device that is new or another one now.
void Gateway::Impl::announce(const DeviceView& view, const DeviceView* before) {
    publish_device(view);
    if (is_on(view, "privacy") && (before == nullptr || !is_on(*before, "privacy"))) publisher->clear_pictures(view.id);
    if (before == nullptr || !before->online) photograph(view);
    if (view.first_contact) publisher->bridge_event("device_joined", {{"id", view.id}, {"name", view.name}, {"model", view.identity.model}});
    if (before != nullptr && before->online && !view.online) publisher->bridge_event("device_lost", {{"id", view.id}, {"name", view.name}});
}

/// What MQTT knows of a device: what it is, how it is, whether it answers.
void Gateway::Impl::publish_device(const DeviceView& view) {
    if (!is_public(view)) return;
    if (!view.rows.empty()) {
        DeviceDescription description = describe_device(view, video && !video->facts(view.id).is_null());
        if (const std::string page = page_address(*config()); !page.empty()) description.configuration_url = page + "#/device/" + view.id;
        publisher->set_device(std::move(description));
        publish_state(view);
    }
    // Also before it ever answered: what an earlier run left at the broker may say "online".
    if (!view.rows.empty() || view.problem) publisher->set_availability(view.id, view.online);
}

/// The first picture of a camera that does not have to be woken for it.
void Gateway::Impl::photograph(const DeviceView& view) {
    if (!video || !view.online || is_on(view, "privacy") || video->facts(view.id).is_null()) return;
    const auto is_battery = [](const Component& component) { return component.name == "battery"; };
    if (std::any_of(view.identity.components.begin(), view.identity.components.end(), is_battery)) return;
    photographer->post([this, id = view.id] { (void)publish_snapshot(*parts, id, kSnapshotAge); });
}

/// The rows' state, and for a camera what its stream does.
void Gateway::Impl::publish_state(const DeviceView& view) {
    json::object state = view.state;
    if (video)
        if (const json::value facts = video->facts(view.id); facts.is_object()) add_stream_state(state, facts.get_object());
    publisher->set_state(view.id, std::move(state));
}

/// On the source's thread: a press must be at the broker at once.
void Gateway::Impl::on_event(const DetectionEvent& event) {
    if (stopping) return;
    json::object told{{"event_type", event.kind}, {"source", json::string(to_string(event.source))}, {"time", iso_time(event.at)}};
    publisher->event(event.device, told);
    told["id"] = event.device;
    bus.publish("detection", told);
    photographer->later("event " + event.device, std::chrono::milliseconds(0), [this, event] { picture_of_event(event); });
}

/// What the camera saw. A battery camera is not woken for it: only a running stream has one then.
void Gateway::Impl::picture_of_event(const DetectionEvent& event) {
    const auto view = registry.view(event.device);
    const auto access = registry.access(event.device);
    if (!video || !view || !access || is_on(*view, "privacy")) return;
    json::object facts;
    if (const json::value media = video->facts(event.device); media.is_object()) add_stream_state(facts, media.get_object());
    const bool streaming = facts.contains("stream_state") && facts.at("stream_state") == json::value("streaming");
    if (has_battery(*view, access->config) && !streaming) return;
    const auto picture = video->picture(event.device, std::chrono::seconds(2), 0, false);
    if (picture) publisher->set_detection(event.device, picture->jpeg);
}

void Gateway::Impl::on_removed(const DeviceView& view) {
    if (onvif) onvif->remove_device(view.id);
    if (event_sources) event_sources->removed(view.id);
    if (video) video->remove_device(view.id);
    if (is_public(view)) publisher->remove_device(view.id);
    bus.publish("removed", {{"id", view.id}});
    clerk->later("devices", kDevicesDelay, [this] { tell_devices(); });
}

void Gateway::Impl::on_mqtt_result(const CommandResult& result) {
    if (result.answer) return publisher->raw_answer(result.id, {"", *result.answer, result.ok() ? "" : result.code + ": " + result.message, result.transaction});
    if (!result.ok()) publisher->repeat_state(result.id);  // a refused toggle must snap back
    publisher->result(result);
    json::object event = to_json(result);
    event["id"] = result.id;
    bus.publish("result", event);
}

void Gateway::Impl::on_found(const std::vector<FoundDevice>& found) {
    std::size_t before = registry.candidates().size();
    registry.discovered(found, config()->discovery.adopt);
    if (registry.candidates().size() != before)
        for (const FoundDevice& device : registry.candidates())
            publisher->bridge_event("device_discovered", {{"mac", colon_mac(device.mac)}, {"host", device.address}, {"model", device.model}});
}

void Gateway::Impl::on_stream(const std::string& id, const json::object& stream) {
    if (stopping) return;
    json::object event = stream;
    event["id"] = id;
    bus.publish("stream", event);
    const json::value& state = stream.at("state");  // a running stream keeps a battery camera awake
    registry.push(id, std::string(kStreamPush), state == json::value("live") || state == json::value("connecting") || state == json::value("lingering"));
    if (const auto view = registry.view(id); view && !view->rows.empty()) publish_state(*view);
    // The last picture of a view costs the camera nothing: it is in the cache.
    if (stream.at("state") == json::value("lingering"))
        photographer->later("picture " + id, std::chrono::milliseconds(0), [this, id] { (void)publish_snapshot(*parts, id, kSnapshotAge); });
}

void Gateway::Impl::on_request(const RequestCommand& request) {
    const auto answer = run_request(*parts, request.what, request.body);
    if (answer) return publisher->answer({request.what, *answer, "", request.transaction});
    const WebError& error = answer.error();
    publisher->answer({request.what, json::object{{"code", error.code}}, error.message + (error.hint.empty() ? "" : " " + error.hint), request.transaction});
}

/// The cloud's state or the book of outside connections changed; many changes at once become one message.
void Gateway::Impl::on_cloud() {
    if (stopping || !clerk) return;
    clerk->later("cloud", kDevicesDelay, [this] {
        const json::object status = cloud.status();
        const std::string state(status.at("state").as_string());
        if (std::exchange(cloud_state, state) != state && state != "disabled" && state != "ok" && state != "no_account")
            main_log->warn("TP-Link cloud: {}: {}", state, std::string_view(status.at("message").as_string()));
        bus.publish("cloud", json::object{{"account", status}, {"egress", cloud.egress()}});
        publisher->set_bridge_health(health_document(*parts));
    });
}

void Gateway::Impl::tell_devices() {
    json::array devices;
    for (const auto& view : registry.views()) devices.push_back(bridge_entry(*view));
    publisher->set_bridge_devices(std::move(devices));
}

void Gateway::Impl::tell_info() {
    publisher->set_bridge_info({{"version", json::string(version())},
                                {"commit", ""},
                                {"started_at", iso_time(started_at)},
                                {"config", config_document(*config())},
                                {"log_level", log.level()},
                                {"restart_required", false}});
}

/// What page and MQTT changed in earlier runs.
void Gateway::Impl::apply_settings() {
    const LoadedConfig loaded = settings.load();
    if (!loaded.faults.empty()) return main_log->warn("settings changed at run time do not fit the configuration any more and are left out: {}", loaded.faults.front().text());
    log.set_level(loaded.config.log.level);
    log.set_format(loaded.config.log.format);
    const std::lock_guard lock(config_mutex);
    config_ = std::make_shared<const Config>(loaded.config);
}

std::vector<ConfigFault> Gateway::Impl::change_settings(const json::object& wanted) {
    auto faults = settings.change(wanted);
    if (!faults.empty()) return faults;
    if (const LoadedConfig loaded = settings.load(); loaded.faults.empty()) log.set_level(loaded.config.log.level);
    clerk->later("reload", kReloadDelay, [this] { reload(); });  // the answer goes out first, by the way it came
    return {};
}

void Gateway::Impl::reload() {
    const std::lock_guard one(reload_mutex);
    if (stopping) return;
    const LoadedConfig loaded = settings.load();
    if (!loaded.faults.empty()) {
        for (const ConfigFault& fault : loaded.faults) main_log->error("{}", fault.text());
        main_log->error("the configuration has faults; the old one stays in use");
        return;
    }
    const auto before = config();
    const Config& now = loaded.config;
    {
        const std::lock_guard lock(config_mutex);
        config_ = std::make_shared<const Config>(now);
    }
    if (now.state_dir != before->state_dir) {
        main_log->info("state_dir changed: restarting");
        return exit_wanted();
    }
    log.set_level(now.log.level);
    log.set_format(now.log.format);
    cloud.configure(now);
    registry.configure(now);
    discovery.configure(now);
    reload_video(*before, now);
    reload_page(*before, now);
    reload_mqtt(*before, now);
    main_log->info("configuration read again");
    tell_info();
}

void Gateway::Impl::reload_video(const Config& before, const Config& now) {
    const Logins logins = make_logins(now);
    const bool is_same = now.rtsp == before.rtsp && now.webrtc == before.webrtc && now.media == before.media && now.http == before.http;
    if (onvif && is_same && now.onvif != before.onvif) onvif->configure(now, logins.rtsp);
    if (!video || is_same) return;
    if (const auto done = video->configure(now, logins.rtsp); !done) main_log->error("{}", done.error().what);
    for (const auto& view : registry.views())
        if (const auto access = registry.access(view->id); access && view->via.empty()) video->set_device(*view, *access);
    if (onvif && (now.rtsp != before.rtsp || now.http != before.http || now.onvif != before.onvif)) onvif->configure(now, logins.rtsp);
}

/// Whoever is on the page connects again; viewers, devices and MQTT do not notice.
void Gateway::Impl::reload_page(const Config& before, const Config& now) {
    if (now.http == before.http) return;
    if (now.http.listen.port == before.http.listen.port) web.reset();
    auto fresh = WebServer::start(page_options(now, make_logins(now).http), *backend);
    if (!fresh && !web) {
        main_log->error("{} The page stays where it was.", fresh.error().what);
        fresh = WebServer::start(page_options(before, make_logins(before).http), *backend);
    }
    if (!fresh) return main_log->error("{}", fresh.error().what);
    web = std::move(*fresh);
    main_log->info("page on {}:{}", now.http.listen.address, web->port());
    for (const auto& view : registry.views()) publish_device(*view);  // links to it
}

/// Devices and viewers do not notice. Home Assistant gets everything again, under the new topics if they are new.
void Gateway::Impl::reload_mqtt(const Config& before, const Config& now) {
    if (now.mqtt == before.mqtt) return;
    auto fresh = make_broker(now, environment, store, log);
    if (!fresh) return main_log->error("{}", fresh.error().what);
    const bool moved = now.mqtt.base_topic != before.mqtt.base_topic || now.mqtt.discovery_prefix != before.mqtt.discovery_prefix ||
                       now.mqtt.host != before.mqtt.host || now.mqtt.port != before.mqtt.port;
    publisher->replace(publisher_options(now), std::move(*fresh), moved);
    expect_known();
    for (const auto& view : registry.views()) {
        publish_device(*view);
        photograph(*view);
    }
    tell_devices();
    publisher->set_bridge_health(health_document(*parts));
}

void Gateway::Impl::stop() {
    {
        const std::lock_guard one(reload_mutex);  // a reload under way comes to its end, no other begins
        stopping = true;
    }
    log.listen({});
    desk.stop();
    discovery.stop();
    cloud.close();
    if (onvif) onvif->stop();
    if (event_sources) event_sources->stop();
    if (video) video->release();  // before the page goes: its threads may be waiting for a camera or a device
    web.reset();
    if (clerk) clerk->stop();
    if (photographer) photographer->stop();
    registry.stop();
    if (publisher) publisher->stop();
    video.reset();
    main_log->info("stopped");
}

Gateway::Gateway(Config config, std::string config_file, Environment environment, Log& log)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(config_file), std::move(environment), log)) {}

Gateway::~Gateway() { impl_->stop(); }

Result<void> Gateway::start() { return impl_->start(); }
void Gateway::reload() { impl_->reload(); }
void Gateway::on_exit_wanted(std::function<void()> callback) { impl_->exit_wanted = std::move(callback); }

}  // namespace tplink::gateway
