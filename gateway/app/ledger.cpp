#include "gateway/app/ledger.hpp"

#include <algorithm>

#include "gateway/app/views.hpp"
#include "gateway/diagnostics/connections.hpp"

namespace tplink::gateway {
namespace {

struct Row {
    std::string address, reason;
    json::value last = nullptr;
    unsigned open = 0;
};

std::vector<Row> expected(const Parts& parts) {
    std::vector<Row> rows;
    const auto config = parts.config();
    const BrokerStatus broker = parts.publisher.status();
    rows.push_back({config->mqtt.host.empty() ? "as Home Assistant's Supervisor says" : config->mqtt.host, "MQTT broker", nullptr, 0});
    if (!broker.connected) rows.back().reason += " (not connected)";
    for (const auto& view : parts.registry.views()) {
        if (view->host.empty()) continue;
        const json::value last = view->last_seen() == WallTime{} ? json::value(nullptr) : json::value(json::string(iso_time(view->last_seen())));
        rows.push_back({view->host, "device: " + view->name, last, 0});
    }
    const json::object cloud = parts.cloud.egress();
    for (const json::value& host : cloud.at("hosts").as_array())
        rows.push_back({std::string(host.at("host").as_string()), "cloud: " + std::string(host.at("purpose").as_string()), host.at("last"), 0});
    return rows;
}

}  // namespace

json::array egress_ledger(const Parts& parts) {
    std::vector<Row> rows = expected(parts);
    const auto config = parts.config();
    const std::uint16_t rtsp = parts.video != nullptr ? parts.video->rtsp_port() : std::uint16_t{0};
    for (const RemoteConnection& one : open_connections()) {
        const auto device = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.address == one.address && row.reason.starts_with("device"); });
        const auto named = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.address == one.address; });
        if (one.local_port == config->http.listen.port || (rtsp != 0 && one.local_port == rtsp)) continue;  // came to us: a visitor
        if (one.port == config->mqtt.port) ++rows.front().open;
        else if (device != rows.end()) ++device->open;
        else if (named != rows.end()) ++named->open;
        else rows.push_back({one.address + ":" + std::to_string(one.port), "not expected", nullptr, 1});
    }
    json::array out;
    for (const Row& row : rows) out.push_back(json::object{{"address", row.address}, {"reason", row.reason}, {"open", row.open}, {"last", row.last}});
    return out;
}

}  // namespace tplink::gateway
