#pragma once
// The inside of a Kasa plug, strip, dimmer or bulb, asked in the IOT dialect (module, command). Knows no
// cipher.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "tests/simulators/inner_device.hpp"
#include "tests/simulators/iot/outlet.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

enum class IotShape { plug, wall_switch, strip, dimmer, bulb, light_strip };

struct IotFacts {
    std::string model = "HS100";
    std::string region_suffix = "(EU)";
    std::string sw_ver = "1.2.6 Build 200727 Rel.100001";
    std::string hw_ver = "1.0";
    std::string address = "127.0.0.1";
    std::string mac = "02-00-00-00-00-01"; ///< upper case, '-'
    std::string alias = "Simulated device";
    IotShape shape = IotShape::plug;
    bool has_meter = false;
    bool old_units = false;       ///< A, V, W, kWh as fractions; else mA, mV, mW, Wh
    int outlets = 1;              ///< strips only
    bool short_child_ids = false; ///< children[].id holds two digits, the whole id is deviceId + digits
    bool is_color = false;
    bool has_color_temp = false;
    double load_w = 42.5;                 ///< at each outlet while it is on
    bool module_error_in_command = false; ///< an unknown module answers below its command
    bool dies_of_unknown_modules = false; ///< ends the connection without an answer
};

/// Facts of HS100, HS105, HS110 (old units; "HS110 v4" new ones), HS200, HS220, HS300, KP303, KL110, KL130,
/// LB130, KL430; another name: a plug.
IotFacts iot_facts_of(std::string_view model);

class IotDevice final : public InnerDevice {
public:
    IotDevice(IotFacts facts, World world);

    boost::json::object answer(const boost::json::object& request);
    std::string answer_text(std::string_view request) override;
    std::string rate_limited() const override;
    std::optional<std::chrono::milliseconds> take_reboot() override;
    void power_cycle() override;
    boost::json::object state() override;
    /// device_on, load_w, energy_total_wh (with "outlet": 1.. that one, else all), rssi, alias, led_off,
    /// brightness.
    Result<void> set_state(const boost::json::object& changes) override;
    std::string device_id() const override;
    std::string device_type() const override;
    std::string model() const override { return facts_.model; }
    std::string region_suffix() const override { return facts_.region_suffix; }
    std::string hardware_version() const override { return facts_.hw_ver; }
    const IotFacts& facts() const { return facts_; }

private:
    struct Call {
        const boost::json::object& args;
        std::vector<Outlet*> outlets; ///< those a command is for
        bool in_context;              ///< child_ids were given
    };
    struct Problem {
        int code;
        std::string_view text;
    };
    using Reply = tl::expected<boost::json::object, Problem>;
    using Method = Reply (IotDevice::*)(const Call&);
    struct Row;
    static const Row* find_row(std::string_view module, std::string_view command);

    bool has_module(std::string_view module) const;
    bool is_light() const { return facts_.shape == IotShape::bulb || facts_.shape == IotShape::light_strip; }
    boost::json::object run_module(std::string_view module, const boost::json::value& commands,
                                   const boost::json::object* context);
    boost::json::object run_command(std::string_view module, std::string_view command,
                                    const boost::json::value& args, const boost::json::object* context);
    std::optional<std::vector<Outlet*>> chosen(const boost::json::object* context);
    std::string child_id(std::size_t index) const; ///< as listed
    void advance();
    boost::json::object light_state() const;
    void add_plug_info(boost::json::object& out) const;
    void add_light_info(boost::json::object& out) const;

    Reply get_sysinfo(const Call&);
    Reply set_relay_state(const Call&);
    Reply set_led_off(const Call&);
    Reply set_alias(const Call&);
    Reply reboot(const Call&);
    Reply reset(const Call&);
    Reply get_time(const Call&);
    Reply get_timezone(const Call&);
    Reply get_cloud_info(const Call&);
    Reply get_usage_days(const Call&);
    Reply get_usage_months(const Call&);
    Reply get_next_action(const Call&);
    Reply get_realtime(const Call&);
    Reply get_energy_days(const Call&);
    Reply get_energy_months(const Call&);
    Reply erase_energy(const Call&);
    Reply get_countdown(const Call&);
    Reply add_countdown(const Call&);
    Reply delete_countdown(const Call&);
    Reply set_brightness(const Call&);
    Reply set_switch_state(const Call&);
    Reply set_dimmer_transition(const Call&);
    Reply get_dimmer_parameters(const Call&);
    Reply get_light_state(const Call&);
    Reply set_light_state(const Call&);
    Reply get_light_details(const Call&);

    const IotFacts facts_;
    const World world_;
    std::mutex mutex_; // guards everything below
    std::string alias_;
    std::vector<Outlet> outlets_; // one, or a strip's
    bool led_off_ = false;
    int rssi_dbm_ = -51;
    int switched_ = 0; ///< commands to the relay that were carried out
    int brightness_ = 100;
    int hue_ = 0;
    int saturation_ = 0;
    int color_temp_k_ = 0;
    const boost::json::object dimmer_parameters_;
    std::optional<std::chrono::milliseconds> reboot_;
};

} // namespace tplink::sim
