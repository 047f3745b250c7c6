#include <boost/json.hpp>

#include "tests/simulators/host/hosted_device.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

struct Entry {
    const char* kind;
    int last; ///< number of the address, and last digits of the MAC
    const char* alias;
    const char* model;
    json::object options = {};
};

} // namespace

json::object demo_config(const std::string& net) {
    const Entry entries[] = {
        {"tapo_camera_l1", 21, "Hallway camera", "C200"},
        {"tapo_camera_l3",
         22,
         "Garden camera",
         "C210",
         {{"suites", "ecdhe_only"}, {"recordings", 12}, {"jpeg", DOCUMENT_DIR "/../browser/picture.jpg"}}},
        {"tapo_camera_l3",
         23,
         "Street camera",
         "C460",
         {{"document", DOCUMENT_DIR "/tapo_camera/battery_camera.json"}, {"h265", true}, {"battery", true}}},
        {"vigi_camera", 24, "Office camera", "VIGI C540V"},
        {"kasa_camera", 25, "Kitchen camera", "EC70(US)", {{"linkie", "redirect"}}},
        {"tapo_camera_l3",
         26,
         "Hallway hub",
         "H200",
         {{"document", DOCUMENT_DIR "/tapo_hub/h200_with_doorbell.json"},
          {"h265", true},
          {"key_exchange", "hkdf"},
          {"heartbeat_ms", 3000}}},
        {"kasa_cloud", 29, "Account cloud", ""},
        {"tapo_plug_aes", 31, "Desk lamp", "P100"},
        {"tapo_plug_klap", 32, "Washing machine", "P110"},
        {"tapo_plug_tpap", 33, "Boiler", "P115"},
        {"kasa_plug_xor", 34, "Freezer", "HS110"},
        {"tapo_plug_klap", 35, "Workbench strip", "P300"},
        {"tapo_plug_klap", 36, "Bedside bulb", "L530"},
    };
    json::array devices;
    for (const Entry& entry : entries)
        devices.push_back(json::object{{"kind", entry.kind},
                                       {"address", net + "." + std::to_string(entry.last)},
                                       {"mac", "02-00-00-00-00-" + std::to_string(entry.last)},
                                       {"alias", entry.alias},
                                       {"model", entry.model},
                                       {"options", entry.options}});
    return {{"username", "demo@example.com"}, {"password", "demo-password"}, {"devices", devices}};
}

} // namespace tplink::sim
