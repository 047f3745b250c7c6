#include "gateway/app/camera_spec.hpp"

#include <string_view>
#include <vector>

#include "gateway/app/events.hpp"
#include "gateway/app/views.hpp"

namespace tplink::gateway {
namespace {

/// From port 554 when the user says so, or gave the account that only that port takes. Battery cameras have none.
bool takes_rtsp(const DeviceView& view, const DeviceConfig& config) {
    if (view.family == Family::kasa_camera) return false;
    if (config.video_source != VideoSource::automatic) return config.video_source == VideoSource::rtsp;
    return !config.camera_account.username.empty() && view.via.empty() && !has_battery(view, config);
}

media::RtspEndpoint rtsp_endpoint(const DeviceView& view, const Registry::Access& access, bool lesser, bool second) {
    media::RtspEndpoint endpoint;
    endpoint.host = view.host;
    if (access.config.media_port != 0) endpoint.port = access.config.media_port;
    endpoint.path = second ? (lesser ? "/stream7" : "/stream6") : (lesser ? "/stream2" : "/stream1");
    endpoint.credentials = access.config.camera_account;
    // VIGI has no account of its own for it.
    if (endpoint.credentials.username.empty() && view.family == Family::vigi_camera) endpoint.credentials = {"admin", access.credentials.password};
    return endpoint;
}

}  // namespace

std::int64_t lens_count(const DeviceView& view) {
    const json::value* lenses = view.state.if_contains("lenses");
    return lenses != nullptr && lenses->is_int64() ? lenses->get_int64() : 0;
}

media::CameraSpec camera_spec(const DeviceView& view, const Registry::Access& access, const Config& config) {
    media::CameraSpec spec;
    spec.id = view.id;
    if (const std::string alias = slug(view.name); !alias.empty() && alias != view.id) spec.aliases.push_back(alias);
    stream::MediaEndpoint endpoint;
    endpoint.host = view.host;
    const bool kasa = view.family == Family::kasa_camera;
    endpoint.port = access.config.media_port != 0 ? access.config.media_port : static_cast<std::uint16_t>(kasa ? 19443 : 8800);
    endpoint.scheme = kasa ? stream::Scheme::kasa : view.family == Family::vigi_camera ? stream::Scheme::vigi : stream::Scheme::tapo;
    endpoint.credentials = {kasa ? access.credentials.username : "admin", access.credentials.password};
    endpoint.talk_port = access.config.talk_port;
    if (!view.via.empty()) endpoint.device_id = view.identity.device_id;  // a hub's child: the host is the hub's
    const bool by_rtsp = takes_rtsp(view, access.config);
    if (by_rtsp) endpoint.port = kasa ? 19443 : 8800;  // speech has no way over RTSP; media_port is the other one's
    // Port 554 has paths of its own for a second lens; the camera's own port sends it along.
    const bool two = by_rtsp && lens_count(view) > 1;
    for (const char* name : two ? std::vector{"main", "sub", "2", "2/sub"} : std::vector{"main", "sub"}) {
        const bool lesser = std::string_view(name).ends_with("sub") || access.config.stream == StreamChoice::sd;
        endpoint.quality = lesser ? stream::Quality::sd : stream::Quality::hd;
        media::StreamSpec stream{name, endpoint, {}};
        if (by_rtsp) stream.rtsp = rtsp_endpoint(view, access, lesser, name[0] == '2');
        spec.streams.push_back(std::move(stream));
    }
    spec.talk = endpoint;
    if (has_battery(view, access.config)) {
        spec.view_limit = config.media.battery_view_limit;
        spec.day_limit = config.media.battery_day_limit;
    }
    return spec;
}

}  // namespace tplink::gateway
