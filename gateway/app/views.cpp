#include "gateway/app/views.hpp"

#include <algorithm>
#include <cctype>

#include "gateway/app/events.hpp"
#include "gateway/capabilities/engine.hpp"

namespace tplink::gateway {
namespace {

json::string text(std::string_view value) { return json::string(value); }

std::string_view word(Category category) {
    switch (category) {
    case Category::config: return "config";
    case Category::diagnostic: return "diagnostic";
    case Category::main: break;
    }
    return "main";
}

std::string_view kind_word(const Kind& kind) {
    if (std::holds_alternative<OnOff>(kind)) return "onoff";
    if (std::holds_alternative<Number>(kind)) return "number";
    if (std::holds_alternative<Choice>(kind) || std::holds_alternative<DynamicChoice>(kind)) return "choice";
    if (std::holds_alternative<Timestamp>(kind)) return "timestamp";
    if (std::holds_alternative<Press>(kind)) return "press";
    return "text";
}

json::value whole_or_double(double value) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value) return json::value(whole);
    return json::value(value);
}

json::object capability(const Capability& row, const DeviceView& view) {
    json::object out{{"id", text(row.id)},
                     {"name", text(row.name)},
                     {"kind", text(kind_word(row.kind))},
                     {"writable", is_writable(row)},
                     {"category", text(word(row.hint.category))},
                     {"unit", text(row.hint.unit)},
                     {"device_class", text(row.hint.device_class)},
                     {"icon", text(row.hint.icon)}};
    if (const auto* number = std::get_if<Number>(&row.kind); number != nullptr && is_writable(row)) {
        const auto own = view.ranges.find(std::string(row.id));
        const Range range = own == view.ranges.end() ? Range{number->min, number->max} : own->second;
        out["min"] = whole_or_double(range.min);
        out["max"] = whole_or_double(range.max);
        out["step"] = whole_or_double(number->step);
    }
    if (const auto at = view.options.find(std::string(row.id)); at != view.options.end()) {
        json::array options;
        for (const std::string& option : at->second) options.emplace_back(text(option));
        out["options"] = std::move(options);
    }
    return out;
}

}  // namespace

std::string colon_mac(std::string_view mac) {
    std::string out;
    for (std::size_t i = 0; i + 1 < mac.size(); i += 2) out += (out.empty() ? "" : ":") + std::string(mac.substr(i, 2));
    return out;
}

std::string slug(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        else if (!out.empty() && out.back() != '-') out.push_back('-');
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out;
}

json::object api_device(const DeviceView& view, json::value media) {
    json::object out{{"id", view.id},
                     {"via", view.via.empty() ? json::value(nullptr) : json::value(json::string(view.via))},
                     {"name", view.name},
                     {"model", view.identity.model},
                     {"manufacturer", "TP-Link"},
                     {"family", text(to_string(view.family))},
                     {"host", view.host},
                     {"mac", colon_mac(view.identity.mac)},
                     {"hardware", view.identity.hardware},
                     {"firmware", view.identity.firmware},
                     {"transport", view.transport},
                     {"online", view.online},
                     {"asleep", view.state.contains("asleep") && view.state.at("asleep") == json::value("ON")},
                     {"problem", nullptr},
                     {"since", iso_time(view.since)},
                     {"last_seen", iso_time(view.last_seen())},
                     {"state", view.state}};
    if (view.problem)
        out["problem"] = json::object{{"code", text(to_string(view.problem->code))}, {"message", view.problem->message}, {"hint", view.problem->hint}};
    json::array capabilities;
    for (const Capability* row : view.rows) capabilities.push_back(capability(*row, view));
    out["capabilities"] = std::move(capabilities);
    out["media"] = std::move(media);
    return out;
}

DeviceDescription describe_device(const DeviceView& view, bool with_video) {
    DeviceDescription out;
    out.id = view.id;
    out.mac = view.identity.mac;
    out.name = view.name;
    out.model = view.identity.model;
    out.hardware = view.identity.hardware;
    out.firmware = view.identity.firmware;
    out.rows = view.rows;
    out.excluded = view.excluded;
    out.options = view.options;
    out.ranges = view.ranges;
    out.composites = view.composites;
    out.via = view.via;
    std::vector<std::string> kinds = event_kinds(view);
    const auto ring = std::find(kinds.begin(), kinds.end(), "ring");
    const bool doorbell = ring != kinds.end();
    if (doorbell) kinds.erase(ring);
    if (with_video || doorbell || !kinds.empty())
        out.camera = CameraEntities{.detections = kinds, .doorbell = doorbell, .last_detection = with_video && (doorbell || !kinds.empty()), .picture = with_video};
    return out;
}

void add_stream_state(json::object& state, const json::object& facts) {
    std::string_view shown = "idle";
    std::int64_t viewers = 0;
    json::value codec = nullptr;
    for (const json::value& stream : facts.at("streams").as_array()) {
        const json::string& now = stream.at("state").as_string();
        viewers += stream.at("viewers").to_number<std::int64_t>();
        if (now == "live" || now == "lingering") shown = "streaming";
        else if (now == "connecting" && shown != "streaming") shown = "connecting";
        else if (now == "failed" && shown == "idle") shown = "error";
        if (codec.is_null() && !stream.at("video").as_string().empty()) codec = stream.at("video");
    }
    const json::object& urls = facts.at("urls").as_object();
    const json::array& rtsp = urls.at("rtsp").as_array();
    state["stream_state"] = json::string(shown);
    const auto address = [&](std::string_view key) -> json::value {  // of a page that listens on our address; through ingress it has another
        const json::value* page = urls.if_contains("page");
        const json::value* path = urls.if_contains(key);
        if (page == nullptr || path == nullptr) return nullptr;
        return json::value(json::string(std::string(page->as_string()) + std::string(path->as_string())));
    };
    state["stream_info"] = json::object{{"rtsp_url", rtsp.empty() ? json::value(nullptr) : rtsp.front()}, {"still_url", address("snapshot")},
                                        {"webrtc_url", address("whep")}, {"viewers", viewers}, {"codec", codec}};
}

json::object bridge_entry(const DeviceView& view) {
    json::array properties;
    for (const Capability* row : view.rows) properties.emplace_back(text(row->id));
    return {{"id", view.id},
            {"via", view.via.empty() ? json::value(nullptr) : json::value(json::string(view.via))},
            {"name", view.name},
            {"model", view.identity.model},
            {"ip", view.host},
            {"host", view.host},
            {"protocol", view.transport},
            {"supported", !view.rows.empty()},
            {"error", view.problem ? view.problem->message : std::string()},
            {"properties", std::move(properties)}};
}

}  // namespace tplink::gateway
