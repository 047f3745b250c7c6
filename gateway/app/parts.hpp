#pragma once
// The parts of a running gateway that requests, the page and MQTT share.

#include <functional>
#include <string>

#include "gateway/app/clerk.hpp"
#include "gateway/app/cloud_desk.hpp"
#include "gateway/app/discovery_loop.hpp"
#include "gateway/app/registry.hpp"
#include "gateway/app/result_desk.hpp"
#include "gateway/app/video.hpp"
#include "gateway/diagnostics/flight_recorder.hpp"
#include "gateway/diagnostics/log.hpp"
#include "gateway/mqtt/publisher.hpp"
#include "gateway/web/access_tokens.hpp"
#include "gateway/web/event_bus.hpp"

namespace tplink::gateway {

/// References stay valid from start() to the end; `video` is null in a build without media.
struct Parts {
    Log& log;
    StateStore& store;
    Registry& registry;
    ResultDesk& desk;
    CloudDesk& cloud;
    DiscoveryLoop& discovery;
    Clerk& clerk;
    EventBus& bus;
    Publisher& publisher;
    Video* video;
    FlightRecorder& recorder;
    SteadyTime started;
    AccessTokens& tokens;
    std::function<std::shared_ptr<const Config>()> config;
    std::function<std::string()> config_fault;  ///< first fault of the file as it is now; empty: usable
    std::function<std::vector<ConfigFault>(const json::object& wanted)> change_settings;  ///< faults: nothing was changed
    std::function<json::object()> settings;     ///< describe_settings() of now
    std::function<void()> restart;
    std::function<std::uint16_t(const std::string& id)> onvif_port;  ///< 0: the camera is not offered
};

/// rss_mb, uptime_s, counters of every device (bridge/health; Publisher adds `mqtt`).
json::object health_document(const Parts& parts);
/// Prometheus text.
std::string metrics_text(const Parts& parts);
/// The configuration without secrets.
json::object config_document(const Config& config);
/// The device on the API, with its video facts.
json::object device_document(const Parts& parts, const DeviceView& view);
/// Takes a picture and publishes it on MQTT. errors: those of Video::picture.
Result<void> publish_snapshot(const Parts& parts, const std::string& id, std::chrono::milliseconds max_age);

}  // namespace tplink::gateway
