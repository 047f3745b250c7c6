#include "gateway/app/gateway_inside.hpp"

#include <algorithm>

#include "gateway/app/login.hpp"
#include "gateway/app/views.hpp"
#include "gateway/version.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kHealthInterval = std::chrono::minutes(10);
constexpr auto kEnergyInterval = std::chrono::seconds(30);     // what a crash may cost of the totals

}  // namespace

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
    page.ssl_cert = now.http.ssl_cert;
    page.ssl_key = now.http.ssl_key;
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
    clerk->every("health", kHealthInterval, [this] {
        publisher->set_bridge_health(health_document(*parts));
        remind();
    });
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