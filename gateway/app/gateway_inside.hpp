#pragma once
// The inside of the gateway: every part in the order it starts. gateway.cpp builds and ends it, gateway_changes.cpp says
// what happens when something changed, gateway_reload.cpp takes over another configuration.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/app/events.hpp"
#include "gateway/app/gateway.hpp"
#include "gateway/app/ladder_opener.hpp"
#include "gateway/app/onvif_desk.hpp"
#include "gateway/app/parts.hpp"
#include "gateway/app/settings_desk.hpp"
#include "gateway/app/web_backend.hpp"
#include "gateway/diagnostics/reminder.hpp"
#include "gateway/web/server.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway {

inline constexpr const char* kTokens = "access_tokens";  ///< in the state store

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
    void log_problem(const DeviceView& view);
    /// Problems that have stayed for an hour are said again.
    void remind();
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
    Reminder reminder;
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

}  // namespace tplink::gateway
