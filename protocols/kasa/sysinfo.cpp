#include "protocols/kasa/sysinfo.hpp"

#include "protocols/discovery/kasa_udp.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

using tapo::find_object;
using tapo::find_text;

constexpr std::size_t kMaxDatagram = 64U << 10;
constexpr std::chrono::milliseconds kPatience[] = {500ms, 500ms, 1000ms};  // before the next datagram; then it counts as lost
constexpr std::int64_t kMotionEnds_s = 15;  // source: camera.md, "Motion"

std::int64_t seconds(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    boost::system::error_code bad;
    const auto number = value != nullptr ? value->to_number<std::int64_t>(bad) : 0;
    return bad ? 0 : number;
}

}  // namespace

Result<json::object> read_sysinfo(const json::object& reply) {
    const json::object* system = find_object(reply, "system");
    const json::object* info = system != nullptr ? find_object(*system, "get_sysinfo") : nullptr;
    if (info == nullptr) return fail(Errc::malformed, "state: answer without get_sysinfo");
    const int code = tapo::find_int(*info, "err_code").value_or(0);
    const json::object* nested = find_object(*info, "system");
    if (code != 0 && nested == nullptr) return fail(Errc::malformed, "state: the camera reports error " + std::to_string(code));
    json::object fields = nested != nullptr ? *nested : *info;
    const std::string_view type = find_text(fields, "type").empty() ? find_text(fields, "mic_type") : find_text(fields, "type");
    if (type.find("IPCAMERA") == type.npos) return fail(Errc::refused, "what answers there is no Kasa camera");
    for (const char* personal : {"latitude", "longitude", "latitude_i", "longitude_i"}) fields.erase(personal);
    return fields;
}

Result<json::object> read_sysinfo(Bytes datagram) {
    if (datagram.size() > kMaxDatagram) return fail(Errc::malformed, "state: answer too long");
    const auto reply = tapo::parse_object(xor_decrypt(datagram));
    if (!reply) return fail(Errc::malformed, "state: the answer does not decode");
    return read_sysinfo(*reply);
}

Result<Identity> identity_of(const json::object& sysinfo) {
    Identity identity;
    const std::string_view mac = find_text(sysinfo, "mac").empty() ? find_text(sysinfo, "mic_mac") : find_text(sysinfo, "mac");
    const auto normal = normalize_mac(mac);
    if (!normal) return fail(Errc::malformed, "state: answer without a MAC address");
    identity.mac = *normal;
    const std::string_view model = find_text(sysinfo, "model");
    identity.model = model.substr(0, model.find('('));
    identity.name = find_text(sysinfo, "alias");
    identity.hardware = find_text(sysinfo, "hw_ver");
    identity.firmware = find_text(sysinfo, "sw_ver");
    identity.device_id = find_text(sysinfo, "deviceId");
    identity.device_type = "IOT.IPCAMERA";
    return identity;
}

void MotionWatch::mark(json::object& sysinfo) {
    if (!sysinfo.contains("last_activity_timestamp")) return;
    const std::int64_t event = seconds(sysinfo, "last_activity_timestamp");
    const std::int64_t clock = seconds(sysinfo, "system_time");
    if (last_ >= 0 && event > last_) on_ = true;
    else if (event < last_ || clock - event > kMotionEnds_s || clock < event) on_ = false;  // its clock may have jumped
    last_ = event;
    sysinfo["motion"] = on_ ? "on" : "off";
}

Result<json::object> SysinfoReader::read() {
    std::shared_ptr<net::UdpSocket> socket = TRY(open_());
    {
        const std::lock_guard lock(mutex_);
        if (cancelled_) return fail(Errc::cancelled, "cancelled");
        socket_ = socket;
    }
    Error trouble{Errc::timeout, "no answer on UDP port " + std::to_string(port_) + " of " + host_, 0, {}};
    for (const auto patience : kPatience) {
        TRY_VOID(socket->send_to(discovery::build_kasa_probe(), host_, port_));
        const SteadyTime until = clock_.now() + patience;
        for (auto left = patience; left > 0ms; left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_.now())) {
            const auto datagram = TRY(socket->receive(left));
            if (!datagram) break;
            if (datagram->address != host_ || datagram->port != port_) continue;  // anybody may send to an open port
            auto fields = read_sysinfo(Bytes(datagram->data));
            if (fields) return fields;
            trouble = std::move(fields).error();
        }
    }
    return tl::unexpected(std::move(trouble));
}

void SysinfoReader::cancel() {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (socket_) socket_->cancel();
}

}  // namespace tplink::kasa
