// Cameras with two lenses (protocols/tapo/catalogue.md, "Two lenses"): the rows of the second one, and of the first where
// it is no longer told without its number.

#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway::camera {
namespace {

constexpr Query kLenses{"getAllChnInfo", R"({"system":{"table":"chn_info"}})", 3600};
constexpr Query kMotion{"getDetectionConfig", R"({"motion_detection":{"name":["motion_det"],"chn_id":[1,2]}})"};
constexpr Query kPerson{"getPersonDetectionConfig", R"({"people_detection":{"name":["detection"],"chn_id":[1,2]}})"};
constexpr Query kVehicle{"getVehicleDetectionConfig", R"({"vehicle_detection":{"name":["detection"],"chn_id":[1,2]}})"};
constexpr Query kPet{"getPetDetectionConfig", R"({"pet_detection":{"name":["detection"],"chn_id":[1,2]}})"};
constexpr Query kTamper{"getTamperDetectionConfig", R"({"tamper_detection":{"name":["tamper_det"],"chn_id":[1,2]}})"};
constexpr Query kSwitch{"getLdc", R"({"image":{"name":["switch"],"chn_id":[1,2]}})"};
constexpr Query kLinkage{"getDualCamLinkage", R"({"dual_cam_linkage":{"name":"linkage_state"}})"};

bool two_lenses(const json::object& document) {
    const json::value* lenses = at(document, kLenses.method, "/system/chn_info");
    return lenses != nullptr && lenses->is_array() && lenses->get_array().size() >= 2;
}

json::value lens_count(const json::object& document, std::int64_t) {
    const json::value* lenses = at(document, kLenses.method, "/system/chn_info");
    return lenses != nullptr && lenses->is_array() ? json::value(static_cast<std::int64_t>(lenses->get_array().size())) : json::value(nullptr);
}

/// {"motion_detection":{"chn_id":[2],"motion_det_chn":{"2":{"enabled":"on"}}}}
template <int Lens, int Which> Result<Request> set_lens(const json::value& value, const WriteContext&);

struct Section {
    std::string_view setter, module, map, field;
};
constexpr Section kSections[] = {
    {"setDetectionConfig", "motion_detection", "motion_det_chn", "enabled"},
    {"setDetectionConfig", "motion_detection", "motion_det_chn", "digital_sensitivity"},
    {"setPersonDetectionConfig", "people_detection", "detection_chn", "enabled"},
    {"setVehicleDetectionConfig", "vehicle_detection", "detection_chn", "enabled"},
    {"setPetDetectionConfig", "pet_detection", "detection_chn", "enabled"},
    {"setTamperDetectionConfig", "tamper_detection", "tamper_det_chn", "enabled"},
    {"setLdc", "image", "switch_chn", "flip_type"},
};

template <int Lens, int Which> Result<Request> set_lens(const json::value& value, const WriteContext&) {
    constexpr Section section = kSections[Which];
    json::object fields{{section.field, value}};
    json::object map;
    map[std::to_string(Lens)] = std::move(fields);
    json::object module;
    module["chn_id"] = json::array{Lens};
    module[section.map] = std::move(map);
    json::object params;
    params[section.module] = std::move(module);
    return Request{std::string(section.setter), std::move(params)};
}

template <int Lens, int Which>
constexpr Capability lens(std::string_view id, std::string_view name, std::string_view needs, Query query, std::string_view pointer,
                          Kind kind = OnOff{}, Hint hint = kConfig) {
    return {.id = id, .name = name, .needs = needs, .kind = kind, .query = query, .pointer = pointer, .write = Build{set_lens<Lens, Which>},
            .hint = hint, .asked_when = two_lenses};
}

constexpr Capability kRows[] = {
    {.id = "lenses", .name = "Lenses", .needs = "generalCameraManage", .kind = Number{.min = 1, .max = 8}, .query = kLenses, .pointer = "/system/chn_info",
     .hint = {.category = Category::diagnostic, .enabled = false}, .derive = lens_count},
    {.id = "lenses", .name = "Lenses", .needs = "dualCamLinkage", .kind = Number{.min = 1, .max = 8}, .query = kLenses, .pointer = "/system/chn_info",
     .hint = {.category = Category::diagnostic, .enabled = false}, .derive = lens_count},
    {.id = "lenses", .name = "Lenses", .needs = "video", .kind = Number{.min = 1, .max = 8}, .query = kLenses, .pointer = "/system/chn_info",
     .hint = {.category = Category::diagnostic, .enabled = false}, .derive = lens_count},
    lens<1, 0>("motion_detection_1", "Motion detection lens 1", "detection", kMotion, "/motion_detection/motion_det_chn/1/enabled"),
    lens<2, 0>("motion_detection_2", "Motion detection lens 2", "detection", kMotion, "/motion_detection/motion_det_chn/2/enabled"),
    lens<1, 1>("motion_sensitivity_1", "Motion sensitivity lens 1", "detection", kMotion, "/motion_detection/motion_det_chn/1/digital_sensitivity", kSensitivityText, kPercent),
    lens<2, 1>("motion_sensitivity_2", "Motion sensitivity lens 2", "detection", kMotion, "/motion_detection/motion_det_chn/2/digital_sensitivity", kSensitivityText, kPercent),
    lens<1, 2>("person_detection_1", "Person detection lens 1", "personDetection", kPerson, "/people_detection/detection_chn/1/enabled"),
    lens<2, 2>("person_detection_2", "Person detection lens 2", "personDetection", kPerson, "/people_detection/detection_chn/2/enabled"),
    lens<1, 3>("vehicle_detection_1", "Vehicle detection lens 1", "vehicleDetection", kVehicle, "/vehicle_detection/detection_chn/1/enabled"),
    lens<2, 3>("vehicle_detection_2", "Vehicle detection lens 2", "vehicleDetection", kVehicle, "/vehicle_detection/detection_chn/2/enabled"),
    lens<1, 4>("pet_detection_1", "Pet detection lens 1", "petDetection", kPet, "/pet_detection/detection_chn/1/enabled"),
    lens<2, 4>("pet_detection_2", "Pet detection lens 2", "petDetection", kPet, "/pet_detection/detection_chn/2/enabled"),
    lens<1, 5>("tamper_detection_1", "Tamper detection lens 1", "tamperDetection", kTamper, "/tamper_detection/tamper_det_chn/1/enabled"),
    lens<2, 5>("tamper_detection_2", "Tamper detection lens 2", "tamperDetection", kTamper, "/tamper_detection/tamper_det_chn/2/enabled"),
    lens<1, 6>("flip_1", "Flip picture lens 1", "video", kSwitch, "/image/switch_chn/1/flip_type", OnOff{"center", "off"}),
    lens<2, 6>("flip_2", "Flip picture lens 2", "video", kSwitch, "/image/switch_chn/2/flip_type", OnOff{"center", "off"}),
    {.id = "lens_linkage", .name = "Lenses follow each other", .needs = "video", .kind = OnOff{}, .query = kLinkage,
     .pointer = "/dual_cam_linkage/linkage_state/enabled", .write = Set{"setDualCamLinkage", "/dual_cam_linkage/linkage_state/enabled"},
     .hint = kConfig, .asked_when = two_lenses},
};
static_assert(valid(kRows));

}  // namespace

std::span<const Capability> lens_rows() { return kRows; }

}  // namespace tplink::gateway::camera
