#include "tests/simulators/plug.hpp"

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

PlugFacts facts_of(const PlugOptions& options) {
    PlugFacts facts = options.plug;
    facts.address = options.address;
    facts.mac = options.mac;
    facts.alias = options.alias;
    return facts;
}

} // namespace

Plug::Plug(PlugOptions options)
    : Device(options), plug_(facts_of(options), options.world), plug_options_(std::move(options)) {}

json::object Plug::announcement(const std::string&) const {
    json::object scheme_and_port = scheme();
    scheme_and_port["is_support_https"] = false;
    scheme_and_port["http_port"] = port();
    return {{"device_id", hex_upper(md5(as_bytes(plug_.device_id())))},
            {"owner", plug_options_.factory_default ? "" : hex_upper(md5(as_bytes(options().username)))},
            {"device_type", "SMART.TAPOPLUG"},
            {"device_model", plug_.facts().model + plug_.facts().region_suffix},
            {"ip", options().address},
            {"mac", options().mac},
            {"is_support_iot_cloud", true},
            {"obd_src", "tplink"},
            {"factory_default", plug_options_.factory_default},
            {"mgt_encrypt_schm", scheme_and_port}};
}

json::object Plug::own_state() const {
    json::object out = plug_.state();
    out["model"] = plug_.facts().model;
    out["open_sessions"] = session_count();
    return out;
}

std::string Plug::run_inner(std::string_view text, HttpReply& reply) {
    boost::system::error_code error;
    const json::value request = json::parse(text, error);
    ++requests_;
    if (error || !request.is_object()) return R"({"error_code":-1003})";
    std::string answer = json::serialize(plug_.answer(request.get_object()));
    if (plug_.take_reboot())
        reply.then = [this] {
            plug_.power_cycle();
            reboot();
        };
    return answer;
}

std::string cookie(const HttpRequest& request, std::string_view name) {
    const std::string* header = request.header("Cookie");
    if (!header) return {};
    const std::string_view text = *header;
    // The device's parser takes everything behind "NAME=": attributes sent back make the value unknown.
    if (!text.starts_with(name) || !text.substr(name.size()).starts_with('=')) return {};
    return std::string(text.substr(name.size() + 1));
}

} // namespace tplink::sim
