#include "gateway/app/onvif_desk.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tplink::gateway {
namespace {

constexpr auto kPictureAge = std::chrono::seconds(10);
constexpr auto kCommandPatience = std::chrono::seconds(10);
constexpr unsigned kSlots = 1000;  // ports after the first
constexpr std::array kKinds = {"motion", "person", "vehicle", "pet"};

int whole(const json::value& stream, std::string_view key, int otherwise) {
    const json::value* value = stream.get_object().if_contains(key);
    if (value == nullptr || !value->is_number()) return otherwise;
    const double number = value->to_number<double>();
    return number >= 1 && number < 1e6 ? static_cast<int>(number) : otherwise;
}

onvif::Profile profile_of(const json::value& stream) {
    onvif::Profile out;
    out.token = std::string(stream.at("name").as_string());
    const bool lesser = out.token.ends_with("sub");
    if (stream.at("video") == json::value("h265")) out.encoding = "H265";
    out.width = whole(stream, "width", lesser ? 640 : 1920);
    out.height = whole(stream, "height", lesser ? 360 : 1080);
    out.fps = 15;             // what a running stream really does changes; what is told must not
    out.bitrate_kbps = lesser ? 300 : 1500;
    return out;
}

onvif::Camera camera_of(const DeviceView& view, const json::value& facts) {
    onvif::Camera out;
    out.id = view.id;
    out.name = view.name;
    out.model = view.identity.model.empty() ? "camera" : view.identity.model;
    out.firmware = view.identity.firmware;
    out.hardware = view.identity.hardware;
    out.mac = view.identity.mac;
    for (const json::value& stream : facts.at("streams").as_array()) out.profiles.push_back(profile_of(stream));
    for (const Capability* row : view.rows)
        if (row->id.starts_with("ptz_")) out.buttons.emplace_back(row->id);
    if (const auto at = view.options.find("preset"); at != view.options.end()) out.presets = at->second;
    return out;
}

}  // namespace

std::shared_ptr<onvif::Responder> OnvifDesk::responder() const {
    const std::lock_guard lock(mutex_);
    return responder_;
}

void OnvifDesk::configure(const Config& config, const Credentials& rtsp_user) {
    stop();
    if (!config.onvif.enabled || video_.rtsp_port() == 0) return;  // without RTSP there is nothing to lead to
    onvif::ResponderOptions options;
    options.address = config.rtsp.listen.address;
    options.port = config.onvif.port;
    options.user = rtsp_user;
    options.rtsp_port = video_.rtsp_port();
    options.slot = [this](const std::string& id) { return slot(id); };
    options.problem = problem_;
    auto fresh = std::make_shared<onvif::Responder>(std::move(options), static_cast<onvif::Backend&>(*this));
    {
        const std::lock_guard lock(mutex_);
        responder_ = std::move(fresh);
        told_.clear();
    }
    for (const auto& view : registry_.views()) set_device(*view);
}

void OnvifDesk::stop() {
    std::shared_ptr<onvif::Responder> old;
    const std::lock_guard lock(mutex_);
    old.swap(responder_);
}

void OnvifDesk::set_device(const DeviceView& view) {
    const auto to = responder();
    if (!to || !view.mac_known() || !view.has_picture() || view.rows.empty()) return;
    const json::value facts = video_.facts(view.id);
    if (!facts.is_object() || facts.at("streams").as_array().empty()) return remove_device(view.id);
    onvif::Camera camera = camera_of(view, facts);
    {
        const std::lock_guard lock(mutex_);
        const auto [at, is_new] = told_.try_emplace(view.id, camera);
        if (!is_new && at->second == camera) return;
        at->second = camera;
    }
    to->set_camera(std::move(camera));
}

void OnvifDesk::state_changed(const DeviceView& view, const DeviceView& before) {
    for (const char* kind : kKinds) {
        const json::value* now = view.state.if_contains(kind);
        const json::value* then = before.state.if_contains(kind);
        if (now != nullptr && now->is_string() && (then == nullptr || *now != *then)) happened(view.id, kind, *now == json::value("ON"));
    }
    const json::value* rings = view.state.if_contains("ringing");
    const json::value* rang = before.state.if_contains("ringing");
    if (rings != nullptr && rang != nullptr && *rang == json::value("ON") && *rings == json::value("OFF")) happened(view.id, "ring", false);
}

void OnvifDesk::happened(const std::string& id, const std::string& kind, bool active) {
    if (const auto to = responder()) to->happened(id, {kind, active, std::chrono::system_clock::now()});
}

void OnvifDesk::remove_device(const std::string& id) {
    {
        const std::lock_guard lock(mutex_);
        if (told_.erase(id) == 0) return;
    }
    if (const auto to = responder()) to->remove_camera(id);
}

std::uint16_t OnvifDesk::port_of(const std::string& id) const {
    const auto from = responder();
    return from ? from->port_of(id) : std::uint16_t{0};
}

Result<std::string> OnvifDesk::picture(const std::string& id) {
    auto picture = TRY(video_.picture(id, kPictureAge, 0, true));
    return std::move(picture.jpeg);
}

Result<void> OnvifDesk::set(const std::string& id, const std::string& property, const std::string& value) {
    const auto results = desk_.run(id, {{property, value}}, kCommandPatience);
    if (results.empty()) return fail(Errc::timeout, "the camera did not answer in time");
    if (!results.front().ok()) return fail(results.front().code == "invalid_value" ? Errc::refused : Errc::unreachable, results.front().message);
    return {};
}

/// The lowest one nobody has; kept for ever, so that a camera stays at its address.
unsigned OnvifDesk::slot(const std::string& id) {
    const std::lock_guard lock(mutex_);
    boost::system::error_code ec;
    json::value stored = json::parse(store_.text("onvif_slots", [] { return std::string("{}"); }), ec);
    json::object slots = !ec && stored.is_object() ? std::move(stored.get_object()) : json::object{};
    std::array<bool, kSlots> taken{};
    for (const auto& [known, number] : slots) {
        const auto value = number.is_int64() ? number.get_int64() : -1;
        if (value < 0 || value >= static_cast<std::int64_t>(kSlots)) continue;
        if (known == id) return static_cast<unsigned>(value);
        taken[static_cast<std::size_t>(value)] = true;
    }
    const auto first = static_cast<unsigned>(std::find(taken.begin(), taken.end(), false) - taken.begin());
    slots[id] = first;
    store_.put_text("onvif_slots", json::serialize(slots));
    return first;
}

}  // namespace tplink::gateway
