#pragma once
// The inside of a Tapo plug: its switch, meter and settings, asked in the SMART dialect. Knows no cipher.

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulators/inner_device.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct PlugFacts {
    std::string model = "P110";
    std::string region_suffix = "(EU)"; ///< discovery announces model + suffix
    std::string fw_ver = "1.3.1 Build 240621 Rel.162048";
    std::string hw_ver = "1.0";
    std::string address = "127.0.0.1";
    std::string mac = "02-00-00-00-00-01";
    std::string alias = "Simulated plug";
    bool has_meter = true;
    int meter_version = 2;      ///< energy_monitoring: 1 has no get_emeter_data and no get_current_power
    bool words_for_heat = true; ///< overheat_status "normal" as newer firmware; false: overheated true/false
    double load_w = 42.5;       ///< what hangs on the socket while it is on
    int batch_max = 5;          ///< 0: cannot batch at all (-1003), as the oldest P100
    bool stops_at_failing_entry = true; ///< a multipleRequest ends with the first entry that fails
};

/// All members from any thread.
class SmartPlug final : public InnerDevice {
public:
    SmartPlug(PlugFacts facts, World world);

    /// Answers one inner request, multipleRequest included: {"error_code":0,"result":{...}}.
    boost::json::object answer(const boost::json::object& request);
    std::string answer_text(std::string_view request) override;
    std::string rate_limited() const override;
    std::optional<std::chrono::milliseconds> take_reboot() override;
    void power_cycle() override;

    boost::json::object state() override;
    /// device_on, load_w, overheated, rssi, nickname, led_rule, energy_today_wh.
    Result<void> set_state(const boost::json::object& changes) override;
    const PlugFacts& facts() const { return facts_; }
    std::string device_id() const override;
    std::string device_type() const override { return "SMART.TAPOPLUG"; }
    std::string model() const override { return facts_.model; }
    std::string region_suffix() const override { return facts_.region_suffix; }
    std::string hardware_version() const override { return facts_.hw_ver; }

private:
    using Reply = tl::expected<boost::json::object, int>; ///< result or error_code
    using Method = Reply (SmartPlug::*)(const boost::json::object& params);
    struct Row;
    static const Row* find_row(std::string_view method);

    Reply call(std::string_view method, const boost::json::value* params);
    boost::json::object batch(const boost::json::object& request);
    bool has_component(std::string_view id) const;
    void advance();
    void switch_to(bool on);
    std::int64_t power_mw() const;
    std::int64_t voltage_mv() const;

    Reply component_nego(const boost::json::object&);
    Reply get_device_info(const boost::json::object&);
    Reply set_device_info(const boost::json::object&);
    Reply get_device_usage(const boost::json::object&);
    Reply get_energy_usage(const boost::json::object&);
    Reply get_emeter_data(const boost::json::object&);
    Reply get_current_power(const boost::json::object&);
    Reply get_led_info(const boost::json::object&);
    Reply set_led_info(const boost::json::object&);
    Reply get_auto_off_config(const boost::json::object&);
    Reply set_auto_off_config(const boost::json::object&);
    Reply get_max_power(const boost::json::object&);
    Reply get_protection_power(const boost::json::object&);
    Reply set_protection_power(const boost::json::object&);
    Reply get_device_time(const boost::json::object&);
    Reply get_connect_cloud_state(const boost::json::object&);
    Reply get_latest_fw(const boost::json::object&);
    Reply get_auto_update_info(const boost::json::object&);
    Reply set_auto_update_info(const boost::json::object&);
    Reply device_reboot(const boost::json::object&);

    const PlugFacts facts_;
    const World world_;
    std::mutex mutex_; // guards everything below

    std::string nickname_;
    bool on_ = false;
    double load_w_;
    bool overheated_ = false;
    int rssi_dbm_ = -52;
    std::string led_rule_ = "always";
    bool auto_off_ = false;
    int auto_off_min_ = 120;
    bool auto_update_ = false;
    bool protection_ = false;
    int protection_w_ = 0;
    bool overloaded_ = false;

    std::chrono::milliseconds on_since_{0};
    std::chrono::milliseconds advanced_to_;
    std::int64_t day_ = 0;   // days since 1970, UTC
    std::int64_t month_ = 0; // months since 1970
    double today_wh_ = 0;
    double month_wh_ = 0;
    double today_on_s_ = 0;
    double month_on_s_ = 0;
    std::optional<std::chrono::milliseconds> reboot_;
};

} // namespace tplink::sim
