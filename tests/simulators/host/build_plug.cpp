#include "tests/simulators/host/build_plug.hpp"

#include <array>

#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/iot/iot_device.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/plug_aes.hpp"
#include "tests/simulators/plug_klap.hpp"
#include "tests/simulators/plug_tpap.hpp"

namespace tplink::sim {
namespace {

void read_timing(OptionReader& options, DeviceOptions& out) {
    options.read("reboot_ms", out.reboot_ms);
    std::int64_t lazy_ms = -1;
    options.read("lazy_http_ms", lazy_ms);
    if (lazy_ms >= 0) out.lazy_http = std::chrono::milliseconds(lazy_ms);
}

void read_plug(OptionReader& options, PlugOptions& out) {
    read_timing(options, out);
    options.read("has_meter", out.plug.has_meter);
    options.read("meter_version", out.plug.meter_version);
    options.read("words_for_heat", out.plug.words_for_heat);
    options.read("load_w", out.plug.load_w);
    options.read("batch_max", out.plug.batch_max);
    options.read("stops_at_failing_entry", out.plug.stops_at_failing_entry);
    options.read("factory_default", out.factory_default);
    options.read("max_sessions", out.max_sessions);
    options.read("session_life_s", out.session_life);
    options.read("fw_ver", out.plug.fw_ver);
    options.read("has_child_lock", out.plug.has_child_lock);
    options.read("has_color", out.plug.has_color);
    options.read("has_color_temp", out.plug.has_color_temp);
    options.read("gradually_version", out.plug.gradually_version);
    options.read("sockets", out.plug.sockets);
    options.read("protection_key", out.plug.protection_key);
    options.read("upgrade_ms", out.plug.upgrade);
}

void read_klap(OptionReader& options, PlugKlapOptions& out) {
    options.read("version", out.version);
    options.read("seq_window", out.seq_window);
    options.read("third_party_off", out.third_party_off);
    options.read("one_request_sessions", out.one_request_sessions);
}

IotFacts read_iot(OptionReader& options, const std::string& model) {
    IotFacts out = iot_facts_of(model.empty() ? "HS100" : model);
    options.read("has_meter", out.has_meter);
    options.read("old_units", out.old_units);
    options.read("outlets", out.outlets);
    options.read("short_child_ids", out.short_child_ids);
    options.read("load_w", out.load_w);
    options.read("module_error_in_command", out.module_error_in_command);
    options.read("dies_of_unknown_modules", out.dies_of_unknown_modules);
    options.read("sw_ver", out.sw_ver);
    options.read("hw_ver", out.hw_ver);
    return out;
}

std::unique_ptr<Device> build_aes(const DeviceOptions& common, const std::string& model,
                                  OptionReader& options) {
    PlugAesOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.plug = smart_facts_of(model.empty() ? "P100" : model);
    out.plug.has_meter = out.plug.words_for_heat = false;
    out.plug.fw_ver = "1.2.5 Build 200401 Rel.00001";
    out.plug.region_suffix = "";
    read_plug(options, out);
    options.read("login_version", out.login_version);
    options.read("only_password2", out.only_password2);
    options.read("cookie_name", out.cookie_name);
    options.read("wants_terminal_uuid", out.wants_terminal_uuid);
    return std::make_unique<PlugAes>(std::move(out));
}

std::unique_ptr<Device> build_klap(const DeviceOptions& common, const std::string& model,
                                   OptionReader& options) {
    PlugKlapOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.plug = smart_facts_of(model.empty() ? "P110" : model);
    read_plug(options, out);
    read_klap(options, out);
    return std::make_unique<PlugKlap>(std::move(out));
}

std::unique_ptr<Device> build_tpap(const DeviceOptions& common, const std::string& model,
                                   OptionReader& options) {
    PlugTpapOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.plug = smart_facts_of(model.empty() ? "P110" : model);
    out.plug.fw_ver = "1.4.6 Build 251215 Rel.100001";
    read_plug(options, out);
    read_klap(options, out);
    options.choose("secret",
                   {{"sha1_password", TpapSecret::sha1_password},
                    {"user_and_password", TpapSecret::user_and_password},
                    {"factory", TpapSecret::factory}},
                   out.secret);
    options.read("user_hash_type", out.user_hash_type);
    options.read("iterations", out.iterations);
    options.read("compressed_share", out.compressed_share);
    options.read("tells_pake", out.tells_pake);
    options.read("max_attempts", out.max_attempts);
    options.read("lockout_s", out.lockout);
    options.read("third_party", out.third_party);
    options.read("announces_tpap_always", out.announces_tpap_always);
    options.read("discover_without_tpap", out.discover_without_tpap);
    options.read("expiry_code", out.expiry_code);
    return std::make_unique<PlugTpap>(std::move(out));
}

std::unique_ptr<Device> build_kasa_xor(const DeviceOptions& common, const std::string& model,
                                       OptionReader& options) {
    KasaPlugOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.discovery_port.reset();
    int udp_port = out.port == 0 ? 9999 : out.port;
    options.read("udp_port", udp_port); // -1: none, 0: any
    if (out.port == 0) out.port = 9999;
    options.read("tcp_port", out.port); // 0: any
    out.udp_port = udp_port < 0 ? std::nullopt : std::optional(static_cast<std::uint16_t>(udp_port));
    read_timing(options, out);
    out.iot = read_iot(options, model);
    options.read("max_connections", out.max_connections);
    return std::make_unique<KasaPlug>(std::move(out));
}

std::unique_ptr<Device> build_kasa_klap(const DeviceOptions& common, const std::string& model,
                                        OptionReader& options) {
    PlugKlapOptions out;
    static_cast<DeviceOptions&>(out) = common;
    read_timing(options, out);
    read_klap(options, out);
    out.new_klap = out.version == 2;
    options.read("max_sessions", out.max_sessions);
    options.read("session_life_s", out.session_life);
    options.read("factory_default", out.factory_default);
    out.make_inner = [facts = read_iot(options, model)](const DeviceOptions& device) mutable {
        facts.address = device.address;
        facts.mac = device.mac;
        facts.alias = device.alias;
        return std::make_unique<IotDevice>(facts, device.world);
    };
    return std::make_unique<PlugKlap>(std::move(out));
}

} // namespace

std::unique_ptr<Device> build_plug(const std::string& kind, const DeviceOptions& common,
                                   const std::string& model, OptionReader& options) {
    using Build = std::unique_ptr<Device> (*)(const DeviceOptions&, const std::string&, OptionReader&);
    static constexpr auto kBuilders =
        std::to_array<std::pair<std::string_view, Build>>({{"tapo_plug_aes", build_aes},
                                                           {"tapo_plug_klap", build_klap},
                                                           {"tapo_plug_tpap", build_tpap},
                                                           {"kasa_plug_xor", build_kasa_xor},
                                                           {"kasa_plug_klap", build_kasa_klap}});
    for (const auto& [name, build] : kBuilders)
        if (name == kind) return build(common, model, options);
    return nullptr;
}

} // namespace tplink::sim
