#include "tests/simulators/iot/iot_device.hpp"

#include <array>
#include <boost/json.hpp>
#include <cmath>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kLightService = "smartlife.iot.smartbulb.lightingservice";
constexpr std::string_view kLightStrip = "smartlife.iot.lightStrip";

} // namespace

struct IotDevice::Row {
    std::string_view module;
    std::string_view command;
    Method run;
};

const IotDevice::Row* IotDevice::find_row(std::string_view module, std::string_view command) {
    using D = IotDevice;
    static constexpr auto kRows = std::to_array<Row>({
        {"system", "get_sysinfo", &D::get_sysinfo},
        {"system", "set_relay_state", &D::set_relay_state},
        {"system", "set_led_off", &D::set_led_off},
        {"system", "set_dev_alias", &D::set_alias},
        {"system", "reboot", &D::reboot},
        {"system", "reset", &D::reset},
        {"smartlife.iot.common.system", "set_dev_alias", &D::set_alias},
        {"smartlife.iot.common.system", "reboot", &D::reboot},
        {"smartlife.iot.common.system", "reset", &D::reset},
        {"time", "get_time", &D::get_time},
        {"time", "get_timezone", &D::get_timezone},
        {"smartlife.iot.common.timesetting", "get_time", &D::get_time},
        {"smartlife.iot.common.timesetting", "get_timezone", &D::get_timezone},
        {"cnCloud", "get_info", &D::get_cloud_info},
        {"smartlife.iot.common.cloud", "get_info", &D::get_cloud_info},
        {"schedule", "get_daystat", &D::get_usage_days},
        {"schedule", "get_monthstat", &D::get_usage_months},
        {"schedule", "get_next_action", &D::get_next_action},
        {"smartlife.iot.common.schedule", "get_daystat", &D::get_usage_days},
        {"smartlife.iot.common.schedule", "get_monthstat", &D::get_usage_months},
        {"smartlife.iot.common.schedule", "get_next_action", &D::get_next_action},
        {"count_down", "get_rules", &D::get_countdown},
        {"count_down", "add_rule", &D::add_countdown},
        {"count_down", "delete_all_rules", &D::delete_countdown},
        {"emeter", "get_realtime", &D::get_realtime},
        {"emeter", "get_daystat", &D::get_energy_days},
        {"emeter", "get_monthstat", &D::get_energy_months},
        {"emeter", "erase_emeter_stat", &D::erase_energy},
        {"smartlife.iot.common.emeter", "get_realtime", &D::get_realtime},
        {"smartlife.iot.common.emeter", "get_daystat", &D::get_energy_days},
        {"smartlife.iot.common.emeter", "get_monthstat", &D::get_energy_months},
        {"smartlife.iot.common.emeter", "erase_emeter_stat", &D::erase_energy},
        {"smartlife.iot.dimmer", "set_brightness", &D::set_brightness},
        {"smartlife.iot.dimmer", "set_switch_state", &D::set_switch_state},
        {"smartlife.iot.dimmer", "set_dimmer_transition", &D::set_dimmer_transition},
        {"smartlife.iot.dimmer", "get_dimmer_parameters", &D::get_dimmer_parameters},
        {kLightService, "transition_light_state", &D::set_light_state},
        {kLightService, "get_light_state", &D::get_light_state},
        {kLightService, "get_light_details", &D::get_light_details},
        {kLightStrip, "set_light_state", &D::set_light_state},
        {kLightStrip, "get_light_state", &D::get_light_state},
        {kLightStrip, "get_light_details", &D::get_light_details},
    });
    for (const Row& row : kRows)
        if (row.module == module && row.command == command) return &row;
    return nullptr;
}

bool IotDevice::has_module(std::string_view module) const {
    if (module == "system") return true;
    const bool new_names = is_light();
    if (module == kLightService) return facts_.shape == IotShape::bulb;
    if (module == kLightStrip) return facts_.shape == IotShape::light_strip;
    if (module == "smartlife.iot.dimmer") return facts_.shape == IotShape::dimmer;
    if (module == "emeter") return facts_.has_meter && !new_names;
    if (module == "smartlife.iot.common.emeter") return new_names; // every bulb estimates its power
    if (module.starts_with("smartlife.iot.common.")) return new_names;
    return !new_names &&
           (module == "time" || module == "cnCloud" || module == "schedule" || module == "count_down");
}

IotDevice::IotDevice(IotFacts facts, World world)
    : facts_(std::move(facts)), world_(std::move(world)), alias_(facts_.alias),
      color_temp_k_(facts_.has_color_temp ? 2700 : 0), dimmer_parameters_({{"minThreshold", 11},
                                                                           {"fadeOnTime", 1000},
                                                                           {"fadeOffTime", 1000},
                                                                           {"gentleOnTime", 3000},
                                                                           {"gentleOffTime", 10000},
                                                                           {"rampRate", 30},
                                                                           {"bulb_type", 1}}) {
    const int count = facts_.shape == IotShape::strip ? facts_.outlets : 1;
    for (int n = 0; n < count; ++n) {
        Outlet outlet;
        outlet.alias = facts_.alias + " " + std::to_string(n + 1);
        outlet.load_w = facts_.load_w;
        outlet.advanced_to = world_.now();
        outlet.day = world_.unix_s() / 86400;
        if (facts_.shape == IotShape::strip) {
            const std::string digits = n < 10 ? "0" + std::to_string(n) : std::to_string(n);
            outlet.id = device_id() + digits;
        }
        outlets_.push_back(std::move(outlet));
    }
}

std::string IotDevice::device_id() const {
    return "8006" + hex_upper(sha1(as_bytes(facts_.mac + facts_.model))).substr(4);
}

std::string IotDevice::device_type() const { return is_light() ? "IOT.SMARTBULB" : "IOT.SMARTPLUGSWITCH"; }

std::string IotDevice::child_id(std::size_t index) const {
    const std::string& id = outlets_.at(index).id;
    return facts_.short_child_ids ? id.substr(id.size() - 2) : id;
}

void IotDevice::advance() {
    for (Outlet& outlet : outlets_) outlet.advance(world_.now(), world_.unix_s());
}

std::string IotDevice::answer_text(std::string_view request) {
    boost::system::error_code error;
    const json::value parsed = json::parse(request, error);
    if (error || !parsed.is_object()) return {}; // these devices keep silent then
    const json::object out = answer(parsed.get_object());
    return out.empty() ? std::string() : json::serialize(out);
}

std::string IotDevice::rate_limited() const {
    return R"({"system":{"err_code":-1301,"err_msg":"too many requests"}})";
}

json::object IotDevice::answer(const json::object& request) {
    const std::lock_guard lock(mutex_);
    advance();
    const json::value* given = request.if_contains("context");
    const json::object* context = given ? given->if_object() : nullptr;
    json::object out;
    for (const auto& [module, commands] : request) {
        if (module == "context") continue;
        if (facts_.dies_of_unknown_modules && !has_module(module)) return {};
        out[module] = run_module(module, commands, context);
    }
    return out;
}

json::object IotDevice::run_module(std::string_view module, const json::value& commands,
                                   const json::object* context) {
    const json::object no_module{{"err_code", -1}, {"err_msg", "module not support"}};
    const json::object* list = commands.if_object();
    if (!has_module(module)) {
        if (!facts_.module_error_in_command || !list) return no_module;
        json::object out;
        for (const auto& [command, args] : *list) out[command] = no_module;
        return out;
    }
    json::object out;
    if (!list) return {{"err_code", -3}, {"err_msg", "invalid argument"}};
    for (const auto& [command, args] : *list) out[command] = run_command(module, command, args, context);
    return out;
}

json::object IotDevice::run_command(std::string_view module, std::string_view command,
                                    const json::value& args, const json::object* context) {
    const auto problem = [](int code, std::string_view text) {
        return json::object{{"err_code", code}, {"err_msg", text}};
    };
    const Row* row = find_row(module, command);
    if (!row) return problem(-2, "member not support");
    const json::object none;
    const json::object* given = args.if_object();
    if (!given && !args.is_null()) return problem(-3, "invalid argument");
    auto outlets = chosen(context);
    if (!outlets) return problem(-14, "entry not exist");
    const Reply reply =
        (this->*row->run)(Call{given ? *given : none, std::move(*outlets), context != nullptr});
    if (!reply) return problem(reply.error().code, reply.error().text);
    json::object out = *reply;
    out["err_code"] = 0;
    return out;
}

std::optional<std::vector<Outlet*>> IotDevice::chosen(const json::object* context) {
    std::vector<Outlet*> out;
    const json::value* ids = context ? context->if_contains("child_ids") : nullptr;
    if (!ids || !ids->is_array()) {
        for (Outlet& outlet : outlets_) out.push_back(&outlet);
        return out;
    }
    for (const json::value& id : ids->get_array()) {
        Outlet* found = nullptr;
        for (Outlet& outlet : outlets_)
            if (id.is_string() && !outlet.id.empty() && outlet.id == id.get_string()) found = &outlet;
        if (!found) return std::nullopt;
        out.push_back(found);
    }
    return out;
}

std::optional<milliseconds> IotDevice::take_reboot() {
    const std::lock_guard lock(mutex_);
    return std::exchange(reboot_, std::nullopt);
}

void IotDevice::power_cycle() {
    const std::lock_guard lock(mutex_);
    advance();
    for (Outlet& outlet : outlets_) {
        outlet.on_since = world_.now();
        outlet.total_wh = 0;
        outlet.countdown.reset();
    }
}

json::object IotDevice::state() {
    const std::lock_guard lock(mutex_);
    advance();
    json::array outlets;
    double power_w = 0;
    for (const Outlet& outlet : outlets_) {
        power_w += outlet.power_w();
        outlets.push_back({{"id", outlet.id},
                           {"alias", outlet.alias},
                           {"device_on", outlet.on},
                           {"power_mw", std::llround(outlet.power_w() * 1000)},
                           {"energy_total_wh", outlet.total_wh},
                           {"energy_today_wh", outlet.today_wh}});
    }
    return {{"device_on", outlets_.front().on},
            {"switched", switched_},
            {"power_mw", std::llround(power_w * 1000)},
            {"outlets", outlets},
            {"alias", alias_},
            {"rssi", rssi_dbm_},
            {"led_off", led_off_},
            {"brightness", brightness_},
            {"hue", hue_},
            {"saturation", saturation_},
            {"color_temp", color_temp_k_}};
}

Result<void> IotDevice::set_state(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    advance();
    for (const auto& [key, value] : changes) { // first look, then act: a refused change changes nothing
        const bool known = key == "device_on" || key == "led_off" ? value.is_bool()
                           : key == "load_w" || key == "energy_total_wh" || key == "rssi" ||
                                   key == "brightness" || key == "outlet"
                               ? value.is_number()
                           : key == "alias" ? value.is_string()
                                            : false;
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    std::size_t only = 0;
    if (const auto* value = changes.if_contains("outlet")) only = value->to_number<std::size_t>();
    if (only > outlets_.size()) return fail(Errc::refused, "outlet: there is none with that number");
    for (std::size_t n = 0; n < outlets_.size(); ++n) {
        if (only != 0 && n + 1 != only) continue;
        Outlet& outlet = outlets_[n];
        if (const auto* value = changes.if_contains("load_w")) outlet.load_w = value->to_number<double>();
        if (const auto* value = changes.if_contains("device_on"))
            outlet.switch_to(value->get_bool(), world_.now());
        if (const auto* value = changes.if_contains("energy_total_wh"))
            outlet.total_wh = value->to_number<double>();
    }
    if (const auto* value = changes.if_contains("led_off")) led_off_ = value->get_bool();
    if (const auto* value = changes.if_contains("rssi")) rssi_dbm_ = value->to_number<int>();
    if (const auto* value = changes.if_contains("brightness")) brightness_ = value->to_number<int>();
    if (const auto* value = changes.if_contains("alias")) alias_ = value->get_string();
    return {};
}

IotFacts iot_facts_of(std::string_view model) {
    struct Known {
        std::string_view name;
        IotShape shape;
        bool meter;
        bool old_units;
        int outlets;
        bool color;
        bool color_temp;
    };
    using S = IotShape;
    static constexpr auto kKnown = std::to_array<Known>({
        {"HS110", S::plug, true, true, 1, false, false},
        {"HS110 v4", S::plug, true, false, 1, false, false},
        {"KP115", S::plug, true, false, 1, false, false},
        {"HS200", S::wall_switch, false, false, 1, false, false},
        {"HS220", S::dimmer, false, false, 1, false, false},
        {"HS300", S::strip, true, false, 6, false, false},
        {"KP303", S::strip, false, false, 3, false, false},
        {"KL110", S::bulb, true, false, 1, false, false},
        {"KL120", S::bulb, true, false, 1, false, true},
        {"KL130", S::bulb, true, false, 1, true, true},
        {"LB130", S::bulb, true, false, 1, true, true},
        {"KL430", S::light_strip, true, false, 1, true, true},
    });
    IotFacts out;
    out.model = model.substr(0, model.find(' '));
    for (const Known& known : kKnown) {
        if (known.name != model) continue;
        out.shape = known.shape;
        out.has_meter = known.meter;
        out.old_units = known.old_units;
        out.outlets = known.outlets;
        out.is_color = known.color;
        out.has_color_temp = known.color_temp;
        if (model == "HS110 v4") out.hw_ver = "4.0";
        if (known.shape == S::bulb || known.shape == S::light_strip) out.load_w = 10.8;
    }
    return out;
}

} // namespace tplink::sim
