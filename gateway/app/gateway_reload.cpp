// Another configuration while running: only what it changes starts anew.

#include "gateway/app/gateway_inside.hpp"

#include "gateway/app/login.hpp"
#include "gateway/app/views.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kReloadDelay = std::chrono::milliseconds(200);

}  // namespace

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
        if (const auto access = registry.access(view->id); access) video->set_device(*view, *access);
    if (onvif && (now.rtsp != before.rtsp || now.http != before.http || now.onvif != before.onvif)) onvif->configure(now, logins.rtsp);
}

/// Whoever is on the page connects again; viewers, devices and MQTT do not notice.
void Gateway::Impl::reload_page(const Config& before, const Config& now) {
    if (now.http == before.http) {
        if (const auto renewed = web ? web->renew_certificate() : Result<void>(); !renewed) main_log->error("{} The old certificate stays in use.", renewed.error().what);
        return;
    }
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

}  // namespace tplink::gateway
