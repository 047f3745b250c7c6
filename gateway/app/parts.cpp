#include "gateway/app/parts.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "gateway/app/views.hpp"
#include "gateway/version.hpp"

namespace tplink::gateway {
namespace {

constexpr unsigned kSnapshotWidth = 1280;  // pixels: keeps a picture under the 256 KiB that small brokers take

/// Resident memory of this process in bytes.
std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    in >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

double uptime_s(const Parts& parts) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - parts.started).count(); }

/// Label values may hold anything; Prometheus wants these three escaped.
std::string label(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\\' || c == '"') out.push_back('\\');
        if (c == '\n') out += "\\n";
        else out.push_back(c);
    }
    return out;
}

void metric(std::ostringstream& out, std::string_view name, std::string_view type, std::string_view help) {
    out << "# HELP tplink2mqtt_" << name << ' ' << help << "\n# TYPE tplink2mqtt_" << name << ' ' << type << '\n';
}

struct StreamMetric {
    std::string_view name, type, key, help;
};
constexpr StreamMetric kStreamMetrics[] = {
    {"stream_viewers", "gauge", "viewers", "Viewers of a stream."},
    {"stream_bitrate_kbps", "gauge", "bitrate_kbps", "Bit rate of a running stream."},
    {"stream_parts_total", "counter", "parts", "Pieces of media that came from the camera."},
    {"stream_reconnects_total", "counter", "reconnects", "Camera sessions begun again while somebody watched."},
    {"stream_bad_parts_total", "counter", "bad_parts", "Pieces left out: padding, signature or length was wrong."},
    {"stream_resyncs_total", "counter", "resyncs", "Times the beginning of the next piece had to be searched."},
    {"stream_gaps_total", "counter", "gaps", "Packets missing inside the transport stream."},
    {"stream_lost_sync_total", "counter", "lost_sync", "Times the next packet had to be searched."},
    {"stream_bad_tables_total", "counter", "bad_tables", "Program tables with a wrong checksum."},
    {"stream_dropped_frames_total", "counter", "dropped_frames", "Pictures and sounds left out because bytes of them, or of what they build upon, were missing."},
    {"stream_clock_jumps_total", "counter", "clock_jumps", "Jumps of the camera's clock."},
    {"stream_missing_stamps_total", "counter", "missing_stamps", "Pictures and sounds without a time."},
    {"stream_skipped_total", "counter", "skipped", "Pictures a slow viewer was spared."},
};

void stream_metrics(std::ostringstream& out, const Parts& parts) {
    std::vector<std::pair<std::string, json::object>> streams;  // labels and facts
    for (const auto& view : parts.registry.views()) {
        const json::value facts = parts.video->facts(view->id);
        if (!facts.is_object()) continue;
        for (const json::value& stream : facts.at("streams").as_array())
            streams.emplace_back("{id=\"" + label(view->id) + "\",stream=\"" + label(std::string(stream.at("name").as_string())) + "\"} ", stream.as_object());
    }
    for (const StreamMetric& row : kStreamMetrics) {
        metric(out, row.name, row.type, row.help);
        for (const auto& [labels, facts] : streams) out << "tplink2mqtt_" << row.name << labels << json::serialize(facts.at(row.key)) << '\n';
    }
}

}  // namespace

json::object health_document(const Parts& parts) {
    json::object devices;
    for (const auto& view : parts.registry.views())
        devices[view->id] = json::object{{"polls", view->counters().polls},
                                         {"errors", view->counters().errors},
                                         {"last_ok", view->last_seen() == WallTime{} ? json::value(nullptr) : json::value(json::string(iso_time(view->last_seen())))},
                                         {"latency_ms", view->counters().latency_ms},
                                         {"flaps", view->counters().flaps}};
    return {{"uptime_s", static_cast<std::int64_t>(uptime_s(parts))},
            {"rss_mb", static_cast<std::int64_t>(resident_bytes() >> 20)},
            {"devices", std::move(devices)},
            {"cloud", parts.cloud.status()},
            {"egress", parts.cloud.egress()}};
}

std::string metrics_text(const Parts& parts) {
    std::ostringstream out;
    const BrokerStatus broker = parts.publisher.status();
    const auto single = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        metric(out, name, type, help);
        out << "tplink2mqtt_" << name << ' ' << value << '\n';
    };
    metric(out, "info", "gauge", "Version of the gateway.");
    out << "tplink2mqtt_info{version=\"" << version() << "\"} 1\n";
    single("uptime_seconds", "counter", "Seconds since the start.", uptime_s(parts));
    single("resident_bytes", "gauge", "Resident memory.", resident_bytes());
    single("mqtt_connected", "gauge", "1 while the broker is connected.", broker.connected ? 1 : 0);
    single("mqtt_reconnects_total", "counter", "Connects after the first.", broker.reconnects);
    single("mqtt_published_total", "counter", "Messages the broker accepted.", broker.published);
    single("mqtt_received_total", "counter", "Messages received.", broker.received);
    single("mqtt_dropped_total", "counter", "Messages given up.", broker.dropped);
    const auto views = parts.registry.views();
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
        metric(out, name, type, help);
        for (const auto& view : views)
            out << "tplink2mqtt_" << name << "{id=\"" << label(view->id) << "\",name=\"" << label(view->name) << "\"} " << value(*view) << '\n';
    };
    each("device_online", "gauge", "1 while the device answers.", [](const DeviceView& v) { return v.online ? 1 : 0; });
    each("device_polls_total", "counter", "Polls answered.", [](const DeviceView& v) { return v.counters().polls; });
    each("device_errors_total", "counter", "Failed exchanges and logins.", [](const DeviceView& v) { return v.counters().errors; });
    each("device_commands_total", "counter", "Commands taken.", [](const DeviceView& v) { return v.counters().commands; });
    each("device_logins_total", "counter", "Sessions opened.", [](const DeviceView& v) { return v.counters().logins; });
    each("device_flaps_total", "counter", "Times it went offline.", [](const DeviceView& v) { return v.counters().flaps; });
    each("device_latency_seconds", "gauge", "Duration of the last poll.", [](const DeviceView& v) { return v.counters().latency_ms / 1000; });
    if (parts.video != nullptr) stream_metrics(out, parts);
    return out.str();
}

json::object config_document(const Config& config) {
    return {{"mqtt", json::object{{"host", config.mqtt.host}, {"port", config.mqtt.port}, {"tls", config.mqtt.tls}, {"base_topic", config.mqtt.base_topic},
                                  {"discovery_prefix", config.mqtt.discovery_prefix}}},
            {"discovery", json::object{{"enabled", config.discovery.enabled}, {"adopt", config.discovery.adopt}, {"interval_s", config.discovery.interval.count()}}},
            {"local_only", config.local_only},
            {"http", json::object{{"port", config.http.listen.port}}},
            {"rtsp", json::object{{"enabled", config.rtsp.enabled}, {"port", config.rtsp.listen.port}}},
            {"media", json::object{{"viewers_max", config.media.viewers_max}, {"linger_s", config.media.linger.count()}, {"transcode", config.media.transcode}}},
            {"devices", config.devices.size()}};
}

json::object device_document(const Parts& parts, const DeviceView& view) {
    json::value media = parts.video != nullptr ? parts.video->facts(view.id) : json::value(nullptr);
    const std::uint16_t port = media.is_object() && parts.onvif_port ? parts.onvif_port(view.id) : std::uint16_t{0};
    if (port != 0) {
        json::object& urls = media.at("urls").as_object();
        const std::string page(urls.at("page").as_string());  // "http://192.168.1.5:8745/"
        const auto host = page.find("//");  // ONVIF is plain HTTP, whatever the page is
        urls["onvif"] = "http:" + page.substr(host, page.rfind(':') + 1 - host) + std::to_string(port) + "/onvif/device_service";
    }
    return api_device(view, std::move(media));
}

Result<void> publish_snapshot(const Parts& parts, const std::string& id, std::chrono::milliseconds max_age) {
    if (parts.video == nullptr) return fail(Errc::unsupported, "this gateway was built without video");
    auto picture = TRY(parts.video->picture(id, max_age, kSnapshotWidth, false));
    parts.publisher.set_snapshot(id, std::move(picture.jpeg));
    return {};
}

}  // namespace tplink::gateway
