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

std::unique_ptr<InnerDevice> inner_of(const PlugOptions& options) {
    if (options.make_inner) return options.make_inner(options);
    return std::make_unique<SmartPlug>(facts_of(options), options.world);
}

} // namespace

Plug::Plug(PlugOptions options)
    : Device(options), inner_(inner_of(options)), plug_options_(std::move(options)) {}

json::object Plug::announcement(const std::string&) const {
    json::object scheme_and_port = scheme();
    scheme_and_port["is_support_https"] = false;
    scheme_and_port["http_port"] = port();
    json::object out{
        {"device_id", hex_upper(md5(as_bytes(inner_->device_id())))},
        {"owner", plug_options_.factory_default ? "" : hex_upper(md5(as_bytes(options().username)))},
        {"device_type", inner_->device_type()},
        {"device_model", inner_->model() + inner_->region_suffix()},
        {"ip", options().address},
        {"mac", options().mac},
        {"is_support_iot_cloud", true},
        {"obd_src", "tplink"},
        {"factory_default", plug_options_.factory_default},
        {"mgt_encrypt_schm", scheme_and_port}};
    const json::object more = more_announcement();
    for (const auto& [key, value] : more) out[key] = value;
    return out;
}

json::object Plug::own_state() const {
    json::object out = inner_->state();
    out["model"] = inner_->model();
    out["open_sessions"] = session_count();
    return out;
}

std::string Plug::run_inner(std::string_view text, HttpReply& reply) {
    ++requests_;
    if (faults().take_rate_limit()) return inner_->rate_limited();
    std::string answer = inner_->answer_text(text);
    if (inner_->take_reboot())
        reply.then = [this] {
            inner_->power_cycle();
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
