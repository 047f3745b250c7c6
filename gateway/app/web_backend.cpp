#include "gateway/app/web_backend.hpp"

#include <algorithm>

#include "gateway/app/views.hpp"
#include "gateway/version.hpp"
#include "protocols/error_codes.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kCommandPatience = std::chrono::seconds(15);
constexpr auto kUsualAge = std::chrono::seconds(10);  // of a picture nobody asked to be younger

/// The camera cannot be had just now, with the reason.
WebError unavailable(const Error& error) {
    WebError answer = to_web_error(error);
    if (error.code == Errc::auth_failed || error.code == Errc::timeout || error.code == Errc::locked_out) answer.status = 503;
    return answer;
}

WebError no_video() { return {503, "unsupported", "This gateway was built without video.", "Install the full version."}; }

}  // namespace

json::array GatewayBackend::devices() {
    json::array out;
    for (const auto& view : parts_.registry.views()) out.push_back(device_document(parts_, *view));
    return out;
}

std::optional<json::object> GatewayBackend::device(const std::string& id) {
    const auto view = parts_.registry.view(id);
    if (!view) return std::nullopt;
    return device_document(parts_, *view);
}

WebResult<json::array> GatewayBackend::set(const std::string& id, const json::object& values) {
    if (!parts_.registry.view(id)) return tl::unexpected(not_found("device", id));
    json::array results;
    for (const CommandResult& result : parts_.desk.run(id, values, kCommandPatience)) {
        json::object entry = to_json(result);
        json::object event = entry;
        event["id"] = id;
        parts_.bus.publish("result", event);
        results.push_back(std::move(entry));
    }
    return results;
}

WebResult<Picture> GatewayBackend::snapshot(const std::string& id, const PictureRequest& request) {
    if (!parts_.registry.view(id)) return tl::unexpected(not_found("device", id));
    if (parts_.video == nullptr) return tl::unexpected(no_video());
    if (parts_.video->facts(id).is_null()) return tl::unexpected(not_found("camera", id));
    const bool stale_will_do = !request.max_age.has_value();
    auto picture = parts_.video->picture(id, request.max_age.value_or(kUsualAge), request.width, stale_will_do);
    if (!picture) return tl::unexpected(to_web_error(picture.error()));
    return Picture{std::move(picture->jpeg), picture->taken};
}

WebResult<WhepAnswer> GatewayBackend::whep_open(const std::string& id, const std::string& stream, const std::string& offer) {
    if (auto problem = no_video_of(id, stream)) return tl::unexpected(std::move(*problem));
    auto answer = parts_.video->whep_open(id, stream, offer);
    if (answer) return WhepAnswer{std::move(answer->session), std::move(answer->sdp)};
    return tl::unexpected(unavailable(answer.error()));
}

std::optional<WebError> GatewayBackend::no_video_of(const std::string& id, const std::string& stream) const {
    if (!parts_.registry.view(id)) return not_found("device", id);
    if (parts_.video == nullptr) return no_video();
    if (parts_.video->facts(id).is_null()) return not_found("camera", id);
    if (!stream.empty() && !parts_.video->has_stream(id, stream)) return not_found("stream", stream);
    return std::nullopt;
}

WebResult<void> GatewayBackend::whep_trickle(const std::string& session, const std::string& fragment) {
    if (parts_.video == nullptr) return tl::unexpected(no_video());
    const auto taken = parts_.video->whep_trickle(session, fragment);
    if (taken) return {};
    if (taken.error().code == Errc::refused) return tl::unexpected(not_found("session", session));
    return tl::unexpected(to_web_error(taken.error()));
}

WebResult<LiveBody> GatewayBackend::live(const std::string& id, const LiveRequest& request) {
    if (auto problem = no_video_of(id, request.stream)) return tl::unexpected(std::move(*problem));
    auto feed = parts_.video->live(id, {request.mjpeg, request.stream, request.h265, request.width, request.fps});
    if (!feed) return tl::unexpected(unavailable(feed.error()));
    return LiveBody{std::move(feed->content_type), std::move(feed->next)};
}

WebResult<json::array> GatewayBackend::recordings(const std::string& id, const std::string& date) {
    if (auto problem = no_video_of(id, "")) return tl::unexpected(std::move(*problem));
    const auto found = recordings_.of_day(id, date);
    if (!found) return tl::unexpected(unavailable(found.error()));
    json::array list;
    for (const ListedRecording& one : *found)
        list.push_back(json::object{{"id", one.rid},
                                    {"start", iso_time(WallTime(std::chrono::seconds(one.start_s)))},
                                    {"end", iso_time(WallTime(std::chrono::seconds(one.end_s)))},
                                    {"duration_s", one.end_s - one.start_s},
                                    {"type", one.motion ? "motion" : "continuous"}});
    return list;
}

WebResult<json::array> GatewayBackend::recording_days(const std::string& id, const std::string& month) {
    if (auto problem = no_video_of(id, "")) return tl::unexpected(std::move(*problem));
    const auto found = recordings_.days(id, month);
    if (!found) return tl::unexpected(unavailable(found.error()));
    json::array list;
    for (const std::string& day : *found) list.emplace_back(day);
    return list;
}

WebResult<RecordingFileInfo> GatewayBackend::recording(const std::string& id, const std::string& rid, bool early) {
    if (auto problem = no_video_of(id, "")) return tl::unexpected(std::move(*problem));
    const auto span = RecordingDesk::span_of(rid);
    if (!span) return tl::unexpected(not_found("recording", rid));
    if (recordings_.is_too_young(id, *span))
        return tl::unexpected(unavailable(Error{Errc::refused, "the camera has only just written this recording; try again in a minute", 0, {}}));
    auto file = recordings_.fetch(id, *span, [&](const VideoSpan& wanted) { return parts_.video->recording(id, wanted, early); });
    if (file && file->arriving) return RecordingFileInfo{"", 0, nullptr, LiveBody{std::move(file->arriving->content_type), std::move(file->arriving->next)}};
    if (file) return RecordingFileInfo{std::move(file->path), file->size, std::move(file->owner), std::nullopt};
    if (is_no_recording(file.error().device_code)) return tl::unexpected(not_found("recording", rid));
    return tl::unexpected(unavailable(file.error()));
}

WebResult<std::string> GatewayBackend::thumbnail(const std::string& id, const std::string& rid) {
    if (auto problem = no_video_of(id, "")) return tl::unexpected(std::move(*problem));
    const auto span = RecordingDesk::span_of(rid);
    if (!span) return tl::unexpected(not_found("recording", rid));
    auto jpeg = recordings_.fetch(id, *span, [&](const VideoSpan& wanted) { return parts_.video->thumbnail(id, wanted); });
    if (jpeg) return std::move(*jpeg);
    if (is_no_recording(jpeg.error().device_code) || jpeg.error().code == Errc::unsupported) return tl::unexpected(not_found("picture of recording", rid));
    return tl::unexpected(unavailable(jpeg.error()));
}

WebResult<void> GatewayBackend::talk(const std::string& id, const std::string& sound, const std::string& content_type) {
    if (auto problem = no_video_of(id, "")) return tl::unexpected(std::move(*problem));
    const auto spoken = parts_.video->speak(id, sound, content_type);
    if (!spoken) return tl::unexpected(unavailable(spoken.error()));
    return {};
}

bool GatewayBackend::whep_close(const std::string& session) { return parts_.video != nullptr && parts_.video->whep_close(session); }

Health GatewayBackend::health() {
    const BrokerStatus broker = parts_.publisher.status();
    Health health;
    health.ok = broker.connected;
    const json::string mqtt(broker.connected ? "connected" : broker.last_error.empty() ? "not connected yet" : broker.last_error);
    json::array parts{json::object{{"name", "MQTT"}, {"ok", broker.connected}, {"message", mqtt}}};
    const auto views = parts_.registry.views();
    const auto online = std::count_if(views.begin(), views.end(), [](const auto& view) { return view->online; });
    parts.push_back(json::object{{"name", "Devices"}, {"ok", true}, {"message", std::to_string(online) + " of " + std::to_string(views.size()) + " online"}});
    if (parts_.video != nullptr)
        parts.push_back(json::object{{"name", "RTSP"}, {"ok", true},
                                     {"message", parts_.video->rtsp_port() == 0 ? "off" : "listening on port " + std::to_string(parts_.video->rtsp_port())}});
    if (const std::string problem = parts_.store.problem(); !problem.empty()) parts.push_back(json::object{{"name", "Memory"}, {"ok", false}, {"message", problem}});
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - parts_.started).count();
    health.body = {{"ok", health.ok}, {"version", json::string(version())}, {"uptime_s", uptime}, {"parts", std::move(parts)}};
    return health;
}

/// Tokens are made here only: what MQTT answers is read by everybody on the broker.
WebResult<json::value> GatewayBackend::request(const std::string& what, const json::object& body) {
    if (what == "tokens") return json::object{{"tokens", parts_.tokens.names()}};
    if (what != "tokens/make" && what != "tokens/revoke") return run_request(parts_, what, body);
    const json::value* given = body.if_contains("name");
    const std::string name = given != nullptr && given->is_string() ? std::string(given->get_string()) : std::string();
    if (what == "tokens/revoke") {
        if (!parts_.tokens.revoke(name)) return tl::unexpected(not_found("token", name));
        return json::object{{"name", name}};
    }
    const auto token = parts_.tokens.make(name);
    if (!token) return tl::unexpected(bad_request(token.error().what));
    return json::object{{"name", name}, {"token", *token}};
}

WebResult<json::object> GatewayBackend::object_of(const std::string& what, const json::object& body) {
    auto answer = run_request(parts_, what, body);
    if (!answer) return tl::unexpected(std::move(answer.error()));
    return answer->is_object() ? answer->get_object() : json::object{};
}

WebResult<json::object> GatewayBackend::change_device(const std::string& id, const json::object& changes) {
    if (changes.contains("reconnect")) return object_of("device/reconnect", {{"id", id}});
    return object_of("device/options", {{"id", id}, {"options", changes}});
}

WebResult<json::object> GatewayBackend::remove_device(const std::string& id) { return object_of("device/remove", {{"id", id}}); }

}  // namespace tplink::gateway
