#include "tests/simulators/host/hosted_device.hpp"

#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/camera.hpp"
#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

Result<MediaFaults> media_faults(const json::value& document) {
    if (!document.is_object()) return fail(Errc::refused, "media: not an object");
    MediaFaults faults;
    std::string part = "none";
    OptionReader reader(document.get_object());
    reader.read("head_delay_ms", faults.head_delay);
    reader.read("first_part_delay_ms", faults.first_part_delay);
    reader.read("glued_status", faults.glued_status);
    reader.read("quoted_boundary", faults.quoted_boundary);
    reader.read("unbalanced_boundary", faults.unbalanced_boundary);
    reader.read("closes_after_401", faults.closes_after_401);
    reader.read("split_reply", faults.split_reply);
    reader.read("dribble", faults.dribble);
    reader.read("part", part);
    reader.read("after_parts", faults.after_parts);
    reader.read("repeat", faults.repeat);
    const auto kind = parse_part_fault(part);
    if (!kind) return fail(Errc::refused, "media: part: unknown word " + part);
    faults.part = *kind;
    if (const std::string wrong = reader.error(); !wrong.empty())
        return fail(Errc::refused, "media: " + wrong);
    return faults;
}

json::object to_json(const MediaCounters& counters) {
    return {{"connections_open", counters.connections_open},
            {"connections_total", counters.connections_total},
            {"sessions_open", counters.sessions_open},
            {"sessions_total", counters.sessions_total},
            {"sessions_refused", counters.sessions_refused},
            {"auth_failures", counters.auth_failures},
            {"parts", counters.parts},
            {"bytes", counters.bytes}};
}

} // namespace

HostedDevice::HostedDevice(std::unique_ptr<Device> device)
    : device_(std::move(device)), camera_(dynamic_cast<Camera*>(device_.get())) {}

HostedDevice::~HostedDevice() {
    device_->stop(); // before the video port: its threads call the hook below
    media_.reset();
}

void HostedDevice::start() {
    if (make_media_) {
        media_ = make_media_();
        camera_->set_media_port(media_->port());
        camera_->set_media_state([this] { return to_json(media_->counters()); });
        device_->set_reachability_hook([this](bool reachable) { media_->set_unavailable(!reachable); });
    }
    device_->start();
}

json::object HostedDevice::summary() const {
    const DeviceOptions& options = device_->options();
    json::object out{{"kind", device_->kind()},
                     {"address", options.address},
                     {"mac", options.mac},
                     {"alias", options.alias},
                     {"model", device_->state().at("model")},
                     {"port", device_->port()},
                     {"discovery_port", device_->discovery_port()}};
    if (const auto* kasa = dynamic_cast<const KasaPlug*>(device_.get())) out["udp_port"] = kasa->udp_port();
    if (media_) out["media_port"] = media_->port();
    return out;
}

json::object HostedDevice::state() const {
    json::object out = device_->state();
    if (media_) out["open_media_sessions"] = media_->counters().sessions_open;
    return out;
}

Result<void> HostedDevice::set_state(const json::object& changes) { return device_->set_state(changes); }

Result<void> HostedDevice::set_faults(const json::object& changes) {
    json::object control = changes;
    const json::value* media = changes.if_contains("media");
    if (media) {
        if (!media_) return fail(Errc::refused, "media: this device has no video port");
        media_->set_faults(TRY(media_faults(*media)));
        control.erase("media");
    }
    return device_->apply_faults(control);
}

std::string HostedDevice::id() const { return normalize_mac(device_->options().mac).value_or(""); }

} // namespace tplink::sim
