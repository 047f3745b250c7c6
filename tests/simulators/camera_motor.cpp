#include "tests/simulators/camera_motor.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr double kPanEnd = 170;
constexpr double kTiltEnd = 60;
constexpr double kDegPerSecond = 60;
constexpr std::size_t kMaxPresets = 8;

constexpr int kNotFound = -64302;
constexpr int kBusy = -64303;
constexpr int kRangeEnd = -64304;
constexpr int kMoving = -64305;
constexpr int kListFull = -64306;
constexpr int kDeleted = -64321;

/// "-1.000000" to "1.000000", as presets store positions.
std::string relative(double deg, double end) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%.6f", deg / end);
    return text.data();
}

} // namespace

void CameraMotor::turn_to(double pan_deg, double tilt_deg) {
    const double way = std::max(std::abs(pan_deg - pan_deg_), std::abs(tilt_deg - tilt_deg_));
    moves_until_ = world_.now() + std::chrono::milliseconds(std::llround(way / kDegPerSecond * 1000));
    pan_deg_ = pan_deg;
    tilt_deg_ = tilt_deg;
    ++moves_;
}

int CameraMotor::move_by(double pan_deg, double tilt_deg) {
    if (cruising_) return kBusy;
    const double pan = std::clamp(pan_deg_ + pan_deg, -kPanEnd, kPanEnd);
    const double tilt = std::clamp(tilt_deg_ + tilt_deg, -kTiltEnd, kTiltEnd);
    const bool wanted = pan_deg != 0 || tilt_deg != 0;
    if (wanted && pan == pan_deg_ && tilt == tilt_deg_) return kRangeEnd;
    turn_to(pan, tilt);
    return 0;
}

int CameraMotor::step(int angle_deg) {
    constexpr double kStepDeg = 10;
    const double radians = angle_deg * 3.14159265358979 / 180;
    return move_by(std::round(kStepDeg * std::cos(radians)), std::round(kStepDeg * std::sin(radians)));
}

int CameraMotor::cruise(const std::string& axis) {
    if (axis != "x" && axis != "y") return -40209;
    if (cruising_) return kBusy;
    cruising_ = true;
    return 0;
}

void CameraMotor::stop() {
    cruising_ = false;
    moves_until_ = world_.now();
}

int CameraMotor::calibrate() {
    if (cruising_) return kBusy;
    ++calibrations_;
    turn_to(0, 0);
    return 0;
}

int CameraMotor::go_to(const std::string& id) {
    if (cruising_) return kBusy;
    const auto found =
        std::find_if(presets_.begin(), presets_.end(), [&](const Preset& p) { return p.id == id; });
    if (found == presets_.end())
        return std::atoi(id.c_str()) > 0 && std::atoi(id.c_str()) < next_id_ ? kDeleted : kNotFound;
    turn_to(found->pan_deg, found->tilt_deg);
    return 0;
}

int CameraMotor::save(const std::string& name) {
    if (moving() || cruising_) return kMoving;
    if (presets_.size() >= kMaxPresets) return kListFull;
    presets_.push_back({std::to_string(next_id_++), name, pan_deg_, tilt_deg_});
    return 0;
}

int CameraMotor::remove(const std::string& id) {
    return std::erase_if(presets_, [&](const Preset& p) { return p.id == id; }) > 0 ? 0 : kNotFound;
}

json::object CameraMotor::preset_section() const {
    json::array ids;
    json::array names;
    json::array pans;
    json::array tilts;
    json::array zooms;
    json::array read_only;
    for (const Preset& preset : presets_) {
        ids.emplace_back(preset.id);
        names.emplace_back(preset.name);
        pans.emplace_back(relative(preset.pan_deg, kPanEnd));
        tilts.emplace_back(relative(preset.tilt_deg, kTiltEnd));
        zooms.emplace_back("0.000000");
        read_only.emplace_back("0");
    }
    return {{"id", ids},
            {"name", names},
            {"position_pan", pans},
            {"position_tilt", tilts},
            {"position_zoom", zooms},
            {"read_only", read_only}};
}

json::object CameraMotor::state() const {
    json::array names;
    for (const Preset& preset : presets_) names.emplace_back(preset.name);
    return {{"pan_deg", pan_deg_}, {"tilt_deg", tilt_deg_},         {"cruising", cruising_},
            {"moves", moves_},     {"calibrations", calibrations_}, {"presets", names}};
}

} // namespace tplink::sim
