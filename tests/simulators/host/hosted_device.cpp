#include "tests/simulators/host/hosted_device.hpp"

#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/camera.hpp"
#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/kasa/cloud.hpp"
#include "tests/simulators/kasa/kasa_camera.hpp"
#include "tests/simulators/kasa_plug.hpp"
#include "tests/simulators/media/kasa_stream.hpp"
#include "tests/simulators/media/media_server.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

/// status: of a `stream_status` that ends all running streams; empty: they go on.
Result<MediaFaults> media_faults(const json::value& document, std::string& status) {
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
    reader.read("end_streams", status);
    reader.read("after_parts", faults.after_parts);
    reader.read("repeat", faults.repeat);
    reader.read("only_running", faults.only_running);
    reader.read("bytes_per_s", faults.bytes_per_s);
    const auto kind = parse_part_fault(part);
    if (!kind) return fail(Errc::refused, "media: part: unknown word " + part);
    faults.part = *kind;
    if (const std::string wrong = reader.error(); !wrong.empty())
        return fail(Errc::refused, "media: " + wrong);
    return faults;
}

Result<KasaStreamFaults> kasa_stream_faults(const json::value& document) {
    if (!document.is_object()) return fail(Errc::refused, "media: not an object");
    KasaStreamFaults faults;
    OptionReader reader(document.get_object());
    reader.read("blank_lines", faults.blank_lines);
    reader.read("lf_only", faults.lf_only);
    reader.read("no_timestamp", faults.no_timestamp);
    reader.read("foreign_parts", faults.foreign_parts);
    reader.read("no_audio", faults.no_audio);
    reader.read("stall_after", faults.stall_after);
    reader.read("close_after", faults.close_after);
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
            {"talks_open", counters.talks_open},
            {"talks_total", counters.talks_total},
            {"downloads_total", counters.downloads_total},
            {"pictures_total", counters.pictures_total},
            {"parts", counters.parts},
            {"bytes", counters.bytes}};
}

} // namespace

HostedDevice::HostedDevice(std::unique_ptr<Device> device)
    : device_(std::move(device)), camera_(dynamic_cast<Camera*>(device_.get())) {}

HostedDevice::~HostedDevice() {
    device_->stop(); // before the video port: its threads call the hook below
    media_.reset();
    kasa_stream_.reset();
}

void HostedDevice::start() {
    if (make_media_) {
        media_ = make_media_();
        camera_->set_media_port(media_->port());
        camera_->set_media_state([this] { return to_json(media_->counters()); });
        device_->set_reachability_hook([this](bool reachable) { media_->set_unavailable(!reachable); });
    }
    if (make_kasa_stream_) {
        kasa_stream_ = make_kasa_stream_();
        kasa_stream_->start();
        device_->set_reachability_hook([this](bool reachable) { kasa_stream_->set_available(reachable); });
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
    if (camera_ && camera_->onvif_port() != 0) out["onvif_port"] = camera_->onvif_port();
    if (kasa_stream_) out["media_port"] = kasa_stream_->port();
    if (const auto* kasa = dynamic_cast<const KasaCamera*>(device_.get())) {
        out["udp_port"] = kasa->udp_port();
        out["talk_port"] = kasa->talk_port();
        out["device_id"] = kasa->device_id();
    }
    if (const auto* cloud = dynamic_cast<const Cloud*>(device_.get())) {
        out["url"] = cloud->entry_url();
        out["ca_pem"] = cloud->authority_pem();
    }
    return out;
}

json::object HostedDevice::state() const {
    json::object out = device_->state();
    if (media_) {
        out["open_media_sessions"] = media_->counters().sessions_open;
        out["recordings"] = recordings();
    }
    if (kasa_stream_) {
        const KasaStreamCounters counters = kasa_stream_->counters();
        out["open_media_sessions"] = counters.sessions_open;
        out["media"] = json::object{{"sessions_open", counters.sessions_open},
                                    {"sessions_total", counters.sessions_total},
                                    {"auth_failures", counters.auth_failures},
                                    {"refused_off", counters.refused_off},
                                    {"frames", counters.frames}};
    }
    return out;
}

Buffer HostedDevice::speech() const { return media_ ? media_->spoken() : Buffer(); }

/// What each one on the card holds: pictures, and samples of sound.
json::array HostedDevice::recordings() const {
    json::array out;
    for (const MediaRecording& one : media_->recordings()) {
        const MediaServer::Content content = media_->content_of(one);
        out.push_back(json::object{{"start_s", one.start_s}, {"end_s", one.end_s}, {"frames", content.frames}, {"samples", content.samples}});
    }
    return out;
}

Result<void> HostedDevice::set_state(const json::object& changes) { return device_->set_state(changes); }

Result<void> HostedDevice::set_media_faults(const json::value& changes) {
    std::string status;
    media_->set_faults(TRY(media_faults(changes, status)));
    if (!status.empty()) media_->end_streams(status);
    return {};
}

Result<void> HostedDevice::set_faults(const json::object& changes) {
    json::object control = changes;
    const json::value* media = changes.if_contains("media");
    if (media) {
        if (kasa_stream_)
            kasa_stream_->set_faults(TRY(kasa_stream_faults(*media)));
        else if (media_) {
            TRY_VOID(set_media_faults(*media));
        } else
            return fail(Errc::refused, "media: this device has no video port");
        control.erase("media");
    }
    return device_->apply_faults(control);
}

std::string HostedDevice::id() const { return normalize_mac(device_->options().mac).value_or(""); }

} // namespace tplink::sim
