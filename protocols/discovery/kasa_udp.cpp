#include "protocols/discovery/kasa_udp.hpp"

#include "protocols/tapo/reply.hpp"

namespace tplink::discovery {
namespace {

using tapo::find_object;
using tapo::find_text;

constexpr std::uint8_t kFirstKey = 171;
constexpr std::size_t kMaxAnswerBytes = 16384;

std::string first_text(const json::object& object, std::initializer_list<std::string_view> keys) {
    for (const std::string_view key : keys)
        if (const std::string_view text = find_text(object, key); !text.empty()) return std::string(text);
    return "";
}

} // namespace

Buffer xor_encrypt(std::string_view plain) {
    Buffer cipher;
    cipher.reserve(plain.size());
    std::byte key{kFirstKey};
    for (const std::byte b : as_bytes(plain)) cipher.push_back(key ^= b);
    return cipher;
}

std::string xor_decrypt(Bytes cipher) {
    std::string plain;
    plain.reserve(cipher.size());
    std::byte key{kFirstKey};
    for (const std::byte b : cipher) {
        plain.push_back(static_cast<char>(b ^ key));
        key = b;
    }
    return plain;
}

Buffer build_kasa_probe() { return xor_encrypt(R"({"system":{"get_sysinfo":{}}})"); }

Result<Found> read_kasa_answer(Bytes datagram) {
    if (datagram.size() > kMaxAnswerBytes) return fail(Errc::malformed, "discovery: answer too long");
    const json::object reply = TRY(tapo::parse_object(xor_decrypt(datagram)));
    const json::object* system = find_object(reply, "system");
    const json::object* info = system ? find_object(*system, "get_sysinfo") : nullptr;
    if (!info) return fail(Errc::malformed, "discovery: answer without get_sysinfo");
    if (const json::object* nested = find_object(*info, "system")) info = nested; // cameras: one level deeper
    const auto mac = normalize_mac(first_text(*info, {"mac", "mic_mac", "ethernet_mac"}));
    if (!mac) return fail(Errc::malformed, "discovery: answer without a MAC address");
    Found found;
    found.mac = *mac;
    const std::string model = first_text(*info, {"model"});
    found.model = model.substr(0, model.find('('));
    found.name = first_text(*info, {"alias"});
    found.device_type = first_text(*info, {"type", "mic_type"});
    found.device_id = first_text(*info, {"deviceId"});
    found.firmware = first_text(*info, {"sw_ver"});
    found.hardware = first_text(*info, {"hw_ver"});
    const bool camera = found.device_type.find("IPCAMERA") != std::string::npos;
    found.family = camera ? Family::kasa_camera : Family::kasa_plug;
    found.transport = camera ? "" : "xor";
    found.port = camera ? 0 : kKasaPort;
    found.iot = true;
    found.answers_xor = true;
    found.raw["sysinfo"] = *info;
    return found;
}

} // namespace tplink::discovery
