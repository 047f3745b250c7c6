#pragma once
// The inside of a Tapo plug, strip, wall switch, dimmer or bulb, asked in the SMART dialect. Knows no cipher.

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/simulators/inner_device.hpp"
#include "tests/simulators/iot/outlet.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

enum class SmartShape { plug, strip, wall_switch, dimmer, bulb };

struct PlugFacts {
    SmartShape shape = SmartShape::plug;
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
    bool has_child_lock = true; ///< with words_for_heat only
    bool has_color = false;     ///< bulbs
    bool has_color_temp = false;
    int gradually_version = 2; ///< on_off_gradually of dimmers and bulbs: 1 has one switch for both ways
    int sockets = 3;           ///< strips
    std::string protection_key =
        "enabled"; ///< flag of get_protection_power; some firmware: "protection_enabled"
    std::chrono::milliseconds upgrade{3000}; ///< how long a firmware download takes
    int batch_max = 5;                       ///< 0: cannot batch at all (-1003), as the oldest P100
    bool stops_at_failing_entry = true;      ///< a multipleRequest ends with the first entry that fails
};

/// Facts of P100, P110, P115, P300, P304M, S500D, S505, TP15, L510, L530, L920; another name: a plug with a
/// meter.
PlugFacts smart_facts_of(std::string_view model);

/// Where a socket of a strip sits.
struct SocketPlace {
    std::string parent_id;
    int position = 0; ///< from 1; 0: no socket but a device
};

/// All members from any thread.
class SmartPlug final : public InnerDevice {
public:
    SmartPlug(PlugFacts facts, World world, SocketPlace place = {});

    /// Answers one inner request, multipleRequest included: {"error_code":0,"result":{...}}.
    boost::json::object answer(const boost::json::object& request);
    std::string answer_text(std::string_view request) override;
    std::string rate_limited() const override;
    std::optional<std::chrono::milliseconds> take_reboot() override;
    void power_cycle() override;

    boost::json::object state() override;
    /// device_on, load_w, overheated, rssi, nickname, led_rule, energy_today_wh, brightness, fw_available;
    /// with "socket": 1.. those of a strip's socket.
    Result<void> set_state(const boost::json::object& changes) override;
    const PlugFacts& facts() const { return facts_; }
    std::string device_id() const override;
    std::string device_type() const override;
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
    int component_version(std::string_view id) const; ///< 0: not there
    bool is_socket() const { return place_.position > 0; }
    bool is_light() const { return facts_.shape == SmartShape::bulb || facts_.shape == SmartShape::dimmer; }
    void advance();
    void switch_to(bool on);
    bool may_set(std::string_view key, const boost::json::value& value) const;
    void add_identity(boost::json::object& info) const;
    void add_socket_place(boost::json::object& info) const;
    void add_switch_state(boost::json::object& info) const;
    void add_light(boost::json::object& info) const;
    bool take_light(const boost::json::object& params);
    std::int64_t on_time_s() const;
    SmartPlug* socket(std::string_view device_id);
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
    Reply get_child_protection(const boost::json::object&);
    Reply set_child_protection(const boost::json::object&);
    Reply get_electricity_price_config(const boost::json::object&);
    Reply get_emeter_vgain_igain(const boost::json::object&);
    Reply get_energy_data(const boost::json::object&);
    Reply get_power_data(const boost::json::object&);
    Reply get_wireless_scan_info(const boost::json::object&);
    Reply fw_download(const boost::json::object&);
    Reply get_fw_download_state(const boost::json::object&);
    Reply get_countdown_rules(const boost::json::object&);
    Reply add_countdown_rule(const boost::json::object&);
    Reply remove_countdown_rules(const boost::json::object&);
    Reply get_schedule_rules(const boost::json::object&);
    Reply get_next_event(const boost::json::object&);
    Reply get_preset_rules(const boost::json::object&);
    Reply get_on_off_gradually_info(const boost::json::object&);
    Reply set_on_off_gradually_info(const boost::json::object&);
    Reply get_child_device_list(const boost::json::object&);
    Reply get_child_device_component_list(const boost::json::object&);
    Reply control_child(const boost::json::object&);

    const PlugFacts facts_;
    const World world_;
    const SocketPlace place_;
    const std::vector<std::pair<std::string_view, int>> components_;
    std::mutex mutex_; // guards everything below

    std::string nickname_;
    bool on_ = false;
    double load_w_;
    bool overheated_ = false;
    int rssi_dbm_ = -52;
    int switched_ = 0; ///< commands that were carried out, whatever the state was before
    std::string led_rule_ = "always";
    bool auto_off_ = false;
    int auto_off_min_ = 120;
    bool auto_update_ = false;
    bool protection_ = false;
    int protection_w_ = 0;
    bool overloaded_ = false;
    bool child_lock_ = false;
    boost::json::object default_states_;
    std::optional<Countdown> countdown_;
    std::string fw_ver_;
    std::string fw_available_; // empty: none
    std::optional<std::chrono::milliseconds> upgrade_began_;
    int brightness_ = 100;
    int hue_ = 0;
    int saturation_ = 100;
    int color_temp_k_ = 0;
    boost::json::object gradually_;
    std::vector<std::unique_ptr<SmartPlug>> sockets_; // set once

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
