#pragma once
// What a device tells about itself before any login.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tplink::discovery {

namespace json = boost::json;

/// A guess from device_type; the ladder has the last word.
enum class Family { unknown, tapo_plug, tapo_camera, kasa_plug, kasa_camera, vigi_camera };

/// "tapo_plug", ...
std::string_view to_string(Family family);

struct Found {
    std::string mac;         ///< 12 lower hex digits
    std::string address;     ///< where the answer came from
    std::string model;       ///< without the region: "P110"
    std::string name;        ///< as told; often empty
    std::string device_type; ///< "SMART.TAPOPLUG", "IOT.SMARTPLUGSWITCH", "SMART.IPCAMERA"
    std::string device_id;
    std::string firmware;
    std::string hardware;
    Family family = Family::unknown;
    /// What is announced: "klap2", "klap1", "klap2-iot", "aes", "tpap", "tapo1", "tapo3", "tapo4", "xor"; empty: nothing
    /// usable.
    std::string transport;
    std::uint16_t port = 0; ///< of the control API; 0: the family's own
    bool https = false;
    bool iot = false;         ///< speaks the older Kasa language under that transport
    bool answers_xor = false; ///< answered on 9999 as well
    bool factory_default = false;
    int login_version = 1; ///< lv: 2 wants the hashed password in AES logins
    std::vector<std::string> encrypt_types;
    std::optional<bool> owner_matches; ///< whether it belongs to the account asked for; a hint only
    json::object raw; ///< the answers as they came: "tdp" (encrypt_info decrypted), "sysinfo"
};

} // namespace tplink::discovery
