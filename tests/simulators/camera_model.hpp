#pragma once
// The inside of a Tapo camera: its settings, motor, siren and events, asked in both envelope styles. Knows no
// login.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "tests/simulators/camera_inside.hpp"
#include "tests/simulators/camera_motor.hpp"
#include "tests/simulators/event_log.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

enum class AlarmDialect {
    none,
    manual, ///< old-style `do msg_alarm manual_msg_alarm`, no getter
    siren,  ///< setSirenStatus / getSirenStatus under msg_alarm
};

struct CameraFacts {
    std::string model = "C210";
    std::string device_type = "SMART.IPCAMERA";
    std::string hw_version = "2.0";
    std::string sw_version = "1.4.3 Build 241010 Rel.33858n";
    std::string address = "127.0.0.1";
    std::string mac = "02-00-00-00-00-02";
    std::string alias = "Simulated camera";
    bool has_motor = true;
    bool has_white_lamp = false;
    bool has_person_detection = true;
    bool has_card = true;
    int playback = 6; ///< version of that component
    bool h265 = false;
    bool wired = false; ///< Ethernet: no rssi
    AlarmDialect alarm = AlarmDialect::manual;
    bool dot_keys = false;                    ///< sections carry ".name" and ".type", as older firmware
    std::chrono::milliseconds privacy_lag{0}; ///< a new lens mask works and shows only after this time
    int siren_s = 30;                         ///< a started alarm ends by itself
    std::int64_t clock_skew_s = 0;            ///< the camera's clock against ours
};

/// All members from any thread.
class CameraModel final : public CameraInside {
public:
    CameraModel(CameraFacts facts, World world);

    boost::json::object answer(const boost::json::object& request) override;
    bool take_reboot() override;
    void power_cycle() override;
    bool privacy_on() override;
    boost::json::object state() override;
    /// lens_mask, led, motion, person, siren ("on"/"off"), alarm (a kind of event that happens now), event
    /// {"kind","active"}, rssi (dBm), sd_status, alias.
    Result<void> set_state(const boost::json::object& changes) override;
    CameraIdentity identity() const override;
    boost::json::object hints() override;
    void set_media_port(std::uint16_t port) override;
    void set_event_hook(std::function<void(const CameraEvent&)> hook) override {
        event_hook_ = std::move(hook);
    }
    std::string device_id() const;

private:
    using Reply = tl::expected<boost::json::object, int>; ///< result or error_code
    struct Route;
    struct Action;
    static const Route* find_route(std::string_view method);
    static const Action* find_action(std::string_view module, std::string_view name);

    Reply call(std::string_view method, const boost::json::value* params);
    Reply old_style(std::string_view verb, const boost::json::object& request);
    Reply get(const boost::json::object& params);
    Reply set(const boost::json::object& params);
    Reply act(const boost::json::object& params);
    Reply siren_method(std::string_view method, const boost::json::object& params);
    boost::json::object batch(const boost::json::object& request);
    void refresh();
    boost::json::value section_out(std::string_view module, std::string_view name,
                                   const boost::json::value& section) const;

    Reply move(const boost::json::value& args);
    Reply move_step(const boost::json::value& args);
    Reply stop(const boost::json::value& args);
    Reply cruise(const boost::json::value& args);
    Reply calibrate(const boost::json::value& args);
    Reply goto_preset(const boost::json::value& args);
    Reply set_preset(const boost::json::value& args);
    Reply remove_preset(const boost::json::value& args);
    Reply manual_alarm(const boost::json::value& args);
    Reply reboot(const boost::json::value& args);
    Reply connection_type(const boost::json::value& args);
    Reply lamp_status(const boost::json::value& args);
    Reply reverse_lamp(const boost::json::value& args);
    Reply user_id(const boost::json::value& args);
    Reply search_events(const boost::json::value& args);
    std::vector<CameraEvent> take_events(const boost::json::object& changes);

    bool siren_on() const { return world_.now() < siren_until_; }
    bool lamp_on() const { return world_.now() < lamp_until_; }
    void start_siren();

    const CameraFacts facts_;
    const World world_;
    std::function<void(const CameraEvent&)> event_hook_;
    std::mutex mutex_; // guards everything below
    EventLog events_;
    std::set<std::string, std::less<>> components_;
    boost::json::value document_; ///< module -> section -> fields
    CameraMotor motor_;
    bool covered_ = false;
    std::chrono::milliseconds lens_due_{0};
    std::chrono::milliseconds siren_until_{0};
    std::chrono::milliseconds lamp_until_{0};
    int sirens_started_ = 0;
    int rssi_dbm_ = -48;
    bool reboot_ = false;
};

/// Components and settings of a new camera, our own document in the shapes of the protocol page.
std::vector<std::pair<std::string, int>> camera_components(const CameraFacts& facts);
boost::json::object camera_document(const CameraFacts& facts);
/// What a set may put there: 0 or the error_code. `old_value` is the stored one.
int check_field(std::string_view module, std::string_view section, std::string_view field,
                const boost::json::value& old_value, const boost::json::value& new_value,
                const boost::json::value& document);

} // namespace tplink::sim
