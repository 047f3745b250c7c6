#pragma once
// The pan/tilt mechanics of a simulated camera and its stored positions.

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "tests/simulators/world.hpp"

namespace tplink::sim {

/// Not thread-safe: CameraModel guards it. Functions return 0 or the device's error_code.
class CameraMotor {
public:
    explicit CameraMotor(World world) : world_(std::move(world)) {}

    /// Degrees relative to where it stands. -64304 when no movement is left that way, -64303 while cruising.
    int move_by(double pan_deg, double tilt_deg);
    /// One step of 10 degrees; angle 0 to 359, 0 right, 90 up.
    int step(int angle_deg);
    int cruise(const std::string& axis);
    void stop();
    int calibrate();

    int go_to(const std::string& id);
    /// -64305 while moving, -64306 when 8 are stored.
    int save(const std::string& name);
    int remove(const std::string& id);

    /// The parallel lists of section `preset.preset`.
    boost::json::object preset_section() const;
    boost::json::object state() const;

private:
    struct Preset {
        std::string id;
        std::string name;
        double pan_deg;
        double tilt_deg;
    };
    void turn_to(double pan_deg, double tilt_deg);
    bool moving() const { return world_.now() < moves_until_; }

    World world_;
    double pan_deg_ = 0;
    double tilt_deg_ = 0;
    bool cruising_ = false;
    int calibrations_ = 0;
    int moves_ = 0;
    int next_id_ = 1;
    std::chrono::milliseconds moves_until_{0};
    std::vector<Preset> presets_;
};

} // namespace tplink::sim
