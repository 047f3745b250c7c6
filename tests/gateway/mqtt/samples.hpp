#pragma once
// A plug and a camera as the gateway would describe them, small but with every kind of row.

#include "gateway/mqtt/homeassistant.hpp"

namespace tplink::gateway::samples {

inline constexpr std::string_view kModes[] = {"auto", "on", "off"};

inline constexpr Capability kPlug[] = {
    {.id = "state", .name = "State", .kind = OnOff{}, .write = Set{"set", "/on"},
     .hint = {.device_class = "outlet", .main_entity = true}},
    {.id = "power", .name = "Power", .kind = Number{.min = 0, .max = 10000, .scale = 0.001},
     .hint = {.device_class = "power", .unit = "W", .precision = 1}},
    {.id = "energy_today", .name = "Energy today", .kind = Number{.min = 0, .max = 1e6},
     .hint = {.device_class = "energy", .unit = "kWh"}},
    {.id = "led", .name = "Status LED", .kind = OnOff{}, .write = Set{"set", "/led"}, .hint = {.category = Category::config}},
    {.id = "auto_off_minutes", .name = "Auto off delay", .kind = Number{.min = 1, .max = 1439}, .write = Set{"set", "/delay"},
     .hint = {.device_class = "duration", .unit = "min", .category = Category::config}},
    {.id = "overheated", .name = "Overheated", .kind = OnOff{},
     .hint = {.device_class = "heat", .category = Category::diagnostic}},
    {.id = "on_since", .name = "On since", .kind = Timestamp{}, .hint = {.category = Category::diagnostic, .enabled = false}},
};

inline constexpr Composite kFloodlight{.component = "light", .id = "floodlight", .name = "Floodlight",
                                       .power = "floodlight", .brightness = "floodlight_brightness"};

inline constexpr Capability kCamera[] = {
    {.id = "privacy", .name = "Privacy", .kind = OnOff{}, .write = Set{"set", "/p"}, .hint = {.icon = "mdi:eye-off"}},
    {.id = "motion", .name = "Motion", .kind = OnOff{}, .hint = {.device_class = "motion"}},
    {.id = "night_vision", .name = "Night vision", .kind = Choice{.options = kModes}, .write = Set{"set", "/n"},
     .hint = {.category = Category::config}},
    {.id = "sd_status", .name = "SD card", .kind = Choice{.options = kModes}, .hint = {.category = Category::config}},
    {.id = "preset", .name = "Preset", .kind = DynamicChoice{}, .write = Set{"set", "/preset"}},
    {.id = "speaker_volume", .name = "Speaker volume", .kind = Number{.min = 0, .max = 100}, .write = Set{"set", "/v"},
     .hint = {.unit = "%", .category = Category::config}},
    {.id = "alarm", .name = "Siren", .kind = OnOff{}, .write = Set{"set", "/a"}, .hint = {.component = "siren"}},
    {.id = "floodlight", .name = "Floodlight", .kind = OnOff{}, .write = Set{"set", "/f"}},
    {.id = "floodlight_brightness", .name = "Floodlight brightness", .kind = Number{.min = 1, .max = 100},
     .write = Set{"set", "/b"}, .hint = {.unit = "%"}},
    {.id = "reboot", .name = "Restart", .kind = Press{}, .write = Set{"reboot", "/x"},
     .hint = {.device_class = "restart", .category = Category::config}},
    {.id = "osd_text", .name = "Overlay text", .kind = Text{}, .write = Set{"set", "/t"}, .hint = {.category = Category::config}},
    {.id = "firmware", .name = "Firmware", .kind = Text{}, .hint = {.category = Category::diagnostic}},
};

template <std::size_t N> std::vector<const Capability*> rows(const Capability (&table)[N]) {
    std::vector<const Capability*> out;
    for (const Capability& row : table) out.push_back(&row);
    return out;
}

inline DeviceDescription plug(std::string id = "a842a1001122") {
    DeviceDescription out;
    out.mac = id.substr(0, 12);
    out.id = std::move(id);
    out.name = "Desk lamp";
    out.model = "Tapo P110";
    out.hardware = "1.0";
    out.firmware = "1.3.1 Build 240621";
    out.rows = rows(kPlug);
    out.configuration_url = "http://192.0.2.1:8745/";
    return out;
}

inline DeviceDescription camera(std::string id = "0c8000aabbcc") {
    DeviceDescription out;
    out.mac = id;
    out.id = std::move(id);
    out.name = "Hallway camera";
    out.model = "Tapo C220";
    out.hardware = "1.0";
    out.firmware = "1.2.2 Build 240914";
    out.serial = "2230012345";
    out.suggested_area = "Hallway";
    out.rows = rows(kCamera);
    out.options["preset"] = {"Door", "Window"};
    out.camera = CameraEntities{.detections = {"motion", "person"}, .doorbell = true, .last_detection = true, .battery = true};
    out.composites = {&kFloodlight};
    return out;
}

inline json::object plug_state() {
    return {{"state", "ON"}, {"power", 80.0}, {"energy_today", 1.25}, {"led", "OFF"}, {"auto_off_minutes", 30},
            {"overheated", "OFF"}, {"on_since", "2026-01-02T03:04:05+00:00"}};
}

}  // namespace tplink::gateway::samples
