#include "protocols/discovery/kasa_udp.hpp"

#include "protocols/kasa/iot.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::discovery {
namespace {

using tapo::find_object;

constexpr std::size_t kMaxAnswerBytes = 16384;

} // namespace

Buffer build_kasa_probe() { return kasa::xor_encrypt(R"({"system":{"get_sysinfo":{}}})"); }

Result<Found> read_kasa_answer(Bytes datagram) {
    if (datagram.size() > kMaxAnswerBytes) return fail(Errc::malformed, "discovery: answer too long");
    const json::object reply = TRY(tapo::parse_object(kasa::xor_decrypt(datagram)));
    const json::object* system = find_object(reply, "system");
    const json::object* info = system ? find_object(*system, "get_sysinfo") : nullptr;
    if (!info) return fail(Errc::malformed, "discovery: answer without get_sysinfo");
    const json::object& sysinfo = kasa::sysinfo_of(*info);
    const Identity identity = kasa::identity_of_sysinfo(sysinfo);
    if (identity.mac.empty()) return fail(Errc::malformed, "discovery: answer without a MAC address");
    Found found;
    found.mac = identity.mac;
    found.model = identity.model;
    found.name = identity.name;
    found.device_type = identity.device_type;
    found.device_id = identity.device_id;
    found.firmware = identity.firmware;
    found.hardware = identity.hardware;
    const bool camera = found.device_type.find("IPCAMERA") != std::string::npos;
    found.family = camera ? Family::kasa_camera : Family::kasa_plug;
    found.transport = camera ? "" : "xor";
    found.port = camera ? 0 : kKasaPort;
    found.iot = true;
    found.answers_xor = true;
    found.raw["sysinfo"] = sysinfo;
    return found;
}

} // namespace tplink::discovery
