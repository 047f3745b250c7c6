#pragma once
// The inside of a Kasa camera: what sysinfo tells and what the LINKIE command tree changes.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/result.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct KasaCameraFacts {
    std::string model = "EC70(US)";
    std::string dev_name = "Kasa Spot Pan Tilt, 24/7 Recording";
    std::string sw_ver = "2.3.27 Build 20260101 rel.10001";
    std::string hw_ver = "2.0";
    std::string mac = "02-00-00-00-00-01"; ///< upper case, '-'
    std::string alias = "Simulated camera";
    bool has_motor = true;
    bool has_spotlight = false;
    bool has_siren = false;
    int siren_s = 30;
    std::int64_t clock_skew_s = 0;
};

/// All members from any thread.
class KasaCameraModel {
public:
    KasaCameraModel(KasaCameraFacts facts, World world);

    /// {"smartlife.cam.ipcamera.switch":{"set_is_enable":{"value":"off"}}} and {"system":{"get_sysinfo":{}}}.
    boost::json::object answer(const boost::json::object& request);
    /// The answer to get_sysinfo alone, else nothing: what UDP 9999 tells.
    std::optional<std::string> answer_datagram(std::string_view request);
    bool take_reboot();
    void power_cycle() {}
    bool camera_on();
    std::string device_id() const;
    const KasaCameraFacts& facts() const { return facts_; }

    boost::json::object state();
    /// camera_on (bool), led ("on"/"off"), alias, rssi, activity (true: somebody moves now).
    Result<void> set_state(const boost::json::object& changes);

private:
    struct Setting;
    static const Setting* find_setting(std::string_view module, std::string_view method);
    boost::json::object sysinfo();
    boost::json::object run(std::string_view module, std::string_view method, const boost::json::value& args);
    boost::json::object run_set(const Setting& setting, const boost::json::object& args);
    boost::json::object run_ptz(std::string_view method, const boost::json::object& args);
    boost::json::object run_other(std::string_view module, std::string_view method,
                                  const boost::json::object& args);
    bool is_on(std::string_view key) const;

    const KasaCameraFacts facts_;
    const World world_;
    std::mutex mutex_;                                              // guards everything below
    std::map<std::string, boost::json::value, std::less<>> values_; ///< "module.getter" -> value
    std::string alias_;
    std::int64_t last_activity_s_ = 0;
    int rssi_dbm_ = -45;
    int pan_ = 0;
    int tilt_ = 0;
    std::chrono::milliseconds siren_until_{0};
    bool reboot_ = false;
    std::uint64_t sets_ = 0;
};

} // namespace tplink::sim
