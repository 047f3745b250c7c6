// What a camera looks and listens for (protocols/tapo/catalogue.md, "Detections").

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kMotion{"getDetectionConfig", R"({"motion_detection":{"name":["motion_det"]}})"};
constexpr Query kPerson{"getPersonDetectionConfig", R"({"people_detection":{"name":["detection"]}})"};
constexpr Query kVehicle{"getVehicleDetectionConfig", R"({"vehicle_detection":{"name":["detection"]}})"};
constexpr Query kPet{"getPetDetectionConfig", R"({"pet_detection":{"name":["detection"]}})"};
constexpr Query kBabyCry{"getBCDConfig", R"({"sound_detection":{"name":["bcd"]}})"};
constexpr Query kBark{"getBarkDetectionConfig", R"({"bark_detection":{"name":["detection"]}})"};
constexpr Query kMeow{"getMeowDetectionConfig", R"({"meow_detection":{"name":["detection"]}})"};
constexpr Query kGlass{"getGlassDetectionConfig", R"({"glass_detection":{"name":["detection"]}})"};
constexpr Query kTamper{"getTamperDetectionConfig", R"({"tamper_detection":{"name":["tamper_det"]}})"};
constexpr Query kLine{"getLinecrossingDetectionConfig", R"({"linecrossing_detection":{"name":["detection","arming_schedule"]}})"};
// unverified: named after its siblings; a camera that does not know it says so.
constexpr Query kIntrusion{"getIntrusionDetectionConfig", R"({"intrusion_detection":{"name":["detection"]}})"};
constexpr Query kPackage{"getPackageDetectionConfig", R"({"package_detection":{"name":["detection"]}})"};
constexpr Query kPir{"getPirSensitivity", R"({"pir":{"name":["config"]}})"};
constexpr Query kPirZones{"getPirDetConfig", R"({"pir_detection":{"name":["pir_det"]}})"};

constexpr std::string_view kWords[] = {"low", "medium", "high"};
constexpr std::string_view kMotionOn = "/motion_detection/motion_det/enabled";
constexpr std::string_view kMotionLevel = "/motion_detection/motion_det/digital_sensitivity";
constexpr std::string_view kMotionWord = "/motion_detection/motion_det/sensitivity";

/// Children of a hub refuse the switch without the sensitivity beside it; to others it changes nothing.
Result<Request> set_motion(const json::value& value, const WriteContext& context) {
    json::object section{{"enabled", value}};
    if (const json::value* level = at(context.document, kMotion.method, kMotionLevel)) section["digital_sensitivity"] = *level;
    return request("setDetectionConfig", "/motion_detection/motion_det", std::move(section));
}

/// The word and the number together: old models read either. source: the app's low, normal and high are 20, 50 and 80.
Result<Request> set_motion_word(const json::value& value, const WriteContext&) {
    const std::string_view word = value.is_string() ? std::string_view(value.get_string()) : std::string_view();
    const std::string_view level = word == "low" ? "20" : word == "high" ? "80" : "50";
    return request("setDetectionConfig", "/motion_detection/motion_det",
                   json::object{{"sensitivity", value}, {"digital_sensitivity", level}});
}

/// One switch over the zones of a floodlight's heat sensor: on when any is.
json::value any_zone(const json::object& document, std::int64_t) {
    const json::value* zones = at(document, kPirZones.method, "/pir_detection/pir_det/channel_enabled");
    if (zones == nullptr || !zones->is_array()) return nullptr;
    for (const json::value& zone : zones->get_array())
        if (zone == json::value("on")) return "on";
    return "off";
}

json::value zone_sensitivity(const json::object& document, std::int64_t) {
    const json::value* first = at(document, kPirZones.method, "/pir_detection/pir_det/sensitivity/0");
    return first == nullptr ? json::value(nullptr) : *first;
}

/// The same value for every zone the camera told.
Result<Request> set_zones(const json::value& value, const WriteContext& context, std::string_view list) {
    const json::value* zones = at(context.document, kPirZones.method, "/pir_detection/pir_det/" + std::string(list));
    if (zones == nullptr || !zones->is_array()) return fail(Errc::refused, "the zones of the sensor are not known yet; ask again in a minute");
    const json::array all(zones->get_array().size(), value);
    return request("setPirDetConfig", "/pir_detection/pir_det/" + std::string(list), all);
}
Result<Request> set_pir_zones(const json::value& value, const WriteContext& context) { return set_zones(value, context, "channel_enabled"); }
Result<Request> set_pir_zone_sensitivity(const json::value& value, const WriteContext& context) { return set_zones(value, context, "sensitivity"); }

constexpr Capability kRows[] = {
    {.id = "motion_detection", .name = "Motion detection", .needs = "detection", .kind = OnOff{}, .query = kMotion, .pointer = kMotionOn,
     .write = Build{set_motion}, .hint = kConfig},
    number("motion_sensitivity", "Motion sensitivity", "detection", kMotion, "setDetectionConfig", kMotionLevel),
    {.id = "motion_sensitivity", .name = "Motion sensitivity", .needs = "detection", .kind = Choice{kWords}, .query = kMotion,
     .pointer = kMotionWord, .write = Build{set_motion_word}, .hint = kConfig},
    toggle("motion_people", "Motion of people", "detection", kMotion, "setDetectionConfig", "/motion_detection/motion_det/people_enabled", kRareConfig),
    toggle("motion_vehicles", "Motion of vehicles", "detection", kMotion, "setDetectionConfig", "/motion_detection/motion_det/vehicle_enabled", kRareConfig),
    toggle("motion_non_vehicles", "Motion of others", "detection", kMotion, "setDetectionConfig", "/motion_detection/motion_det/non_vehicle_enabled", kRareConfig),
    toggle("person_detection", "Person detection", "personDetection", kPerson, "setPersonDetectionConfig", "/people_detection/detection/enabled"),
    number("person_sensitivity", "Person sensitivity", "personDetection", kPerson, "setPersonDetectionConfig", "/people_detection/detection/sensitivity"),
    toggle("vehicle_detection", "Vehicle detection", "vehicleDetection", kVehicle, "setVehicleDetectionConfig", "/vehicle_detection/detection/enabled"),
    number("vehicle_sensitivity", "Vehicle sensitivity", "vehicleDetection", kVehicle, "setVehicleDetectionConfig", "/vehicle_detection/detection/sensitivity"),
    toggle("pet_detection", "Pet detection", "petDetection", kPet, "setPetDetectionConfig", "/pet_detection/detection/enabled"),
    number("pet_sensitivity", "Pet sensitivity", "petDetection", kPet, "setPetDetectionConfig", "/pet_detection/detection/sensitivity"),
    toggle("baby_cry_detection", "Baby cry detection", "babyCryDetection", kBabyCry, "setBCDConfig", "/sound_detection/bcd/enabled"),
    number("baby_cry_sensitivity", "Baby cry sensitivity", "babyCryDetection", kBabyCry, "setBCDConfig", "/sound_detection/bcd/digital_sensitivity"),
    choice("baby_cry_sensitivity", "Baby cry sensitivity", "babyCryDetection", kBabyCry, "setBCDConfig", "/sound_detection/bcd/sensitivity", Choice{kWords}),
    toggle("bark_detection", "Bark detection", "barkDetection", kBark, "setBarkDetectionConfig", "/bark_detection/detection/enabled"),
    number("bark_sensitivity", "Bark sensitivity", "barkDetection", kBark, "setBarkDetectionConfig", "/bark_detection/detection/sensitivity"),
    toggle("meow_detection", "Meow detection", "meowDetection", kMeow, "setMeowDetectionConfig", "/meow_detection/detection/enabled"),
    number("meow_sensitivity", "Meow sensitivity", "meowDetection", kMeow, "setMeowDetectionConfig", "/meow_detection/detection/sensitivity"),
    toggle("glass_detection", "Glass break detection", "glassDetection", kGlass, "setGlassDetectionConfig", "/glass_detection/detection/enabled"),
    number("glass_sensitivity", "Glass break sensitivity", "glassDetection", kGlass, "setGlassDetectionConfig", "/glass_detection/detection/sensitivity"),
    toggle("tamper_detection", "Tamper detection", "tamperDetection", kTamper, "setTamperDetectionConfig", "/tamper_detection/tamper_det/enabled"),
    number("tamper_sensitivity", "Tamper sensitivity", "tamperDetection", kTamper, "setTamperDetectionConfig", "/tamper_detection/tamper_det/digital_sensitivity"),
    choice("tamper_sensitivity", "Tamper sensitivity", "tamperDetection", kTamper, "setTamperDetectionConfig", "/tamper_detection/tamper_det/sensitivity", Choice{kWords}),
    toggle("line_crossing_detection", "Line crossing detection", "linecrossingDetection", kLine, "setLinecrossingDetectionConfig", "/linecrossing_detection/detection/enabled"),
    toggle("intrusion_detection", "Intrusion detection", "intrusionDetection", kIntrusion, "setIntrusionDetectionConfig", "/intrusion_detection/detection/enabled"),
    toggle("package_detection", "Package detection", "packageDetection", kPackage, "setPackageDetectionConfig", "/package_detection/detection/enabled"),
    number("package_sensitivity", "Package sensitivity", "packageDetection", kPackage, "setPackageDetectionConfig", "/package_detection/detection/sensitivity"),
    number("pir_sensitivity", "Heat sensor sensitivity", "pir", kPir, "setPirSensitivity", "/pir/config/sensitivity",
           Number{.min = 10, .max = 100, .as_text = true}),
    {.id = "pir_detection", .name = "Heat zones", .needs = "pirDetection", .kind = OnOff{}, .query = kPirZones,
     .pointer = "/pir_detection/pir_det/channel_enabled", .write = Build{set_pir_zones}, .hint = kConfig, .derive = any_zone},
    {.id = "pir_detection_sensitivity", .name = "Heat zones sensitivity", .needs = "pirDetection", .kind = kSensitivityText, .query = kPirZones,
     .pointer = "/pir_detection/pir_det/sensitivity/0", .write = Build{set_pir_zone_sensitivity}, .hint = kPercent, .derive = zone_sensitivity},
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> detection_rows() { return kRows; }

}  // namespace tplink::gateway::camera
