#pragma once
// What the responder knows of a camera, and what it can ask of the gateway.

#include <chrono>
#include <string>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/base/result.hpp"

namespace tplink::gateway::onvif {

struct Profile {
    std::string token;              ///< "main", "sub"
    std::string encoding = "H264";  ///< H264 or H265
    int width = 1920, height = 1080, fps = 15, bitrate_kbps = 1024;
    bool operator==(const Profile&) const = default;
};

struct Camera {
    std::string id, name, model, firmware, hardware;
    std::string mac;  ///< 12 lower hex digits
    std::vector<Profile> profiles;
    std::vector<std::string> buttons;  ///< ids of its pan and tilt rows: "ptz_left", ...
    std::vector<std::string> presets;  ///< names
    bool operator==(const Camera&) const = default;
};

/// Something a camera noticed.
struct Event {
    std::string kind;  ///< motion, person, vehicle, pet, ring
    bool active = false;
    WallTime time{};
};

/// Thread-safe; blocking up to about 10 s.
class Backend {
public:
    virtual ~Backend() = default;
    virtual Result<std::string> picture(const std::string& id) = 0;
    virtual Result<void> set(const std::string& id, const std::string& property, const std::string& value) = 0;
};

}  // namespace tplink::gateway::onvif
