#include "protocols/discovery/tdp.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <limits>

#include "protocols/tapo/reply.hpp"

namespace tplink::discovery {
namespace {

using tapo::find_int;
using tapo::find_object;
using tapo::find_text;

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kCrcAt = 12;
constexpr std::uint32_t kCrcSeed = 0x5A6B7C8D; // stands where the CRC goes while it is computed
constexpr std::size_t kKeyBytes = 16;

std::uint16_t port_of(const json::object& object, std::string_view key) {
    const int port = find_int(object, key).value_or(0);
    return port > 0 && port <= std::numeric_limits<std::uint16_t>::max() ? static_cast<std::uint16_t>(port)
                                                                         : 0;
}

bool flag(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    if (!value) return false;
    if (const bool* truth = value->if_bool()) return *truth;
    return find_int(object, key).value_or(0) != 0;
}

std::string without_region(std::string_view model) { return std::string(model.substr(0, model.find('('))); }

Family family_of(std::string_view type) {
    static constexpr std::array<std::pair<std::string_view, Family>, 14> kFamilies{{
        {"SMART.TAPOPLUG", Family::tapo_plug},
        {"SMART.TAPOBULB", Family::tapo_plug},
        {"SMART.TAPOSWITCH", Family::tapo_plug},
        {"SMART.KASAPLUG", Family::tapo_plug},
        {"SMART.KASASWITCH", Family::tapo_plug},
        {"SMART.KASAHUB", Family::tapo_plug},
        {"SMART.TAPOCHIME", Family::tapo_plug},
        {"SMART.TAPOROBOVAC", Family::tapo_plug},
        {"SMART.IPCAMERA", Family::tapo_camera},
        {"SMART.TAPODOORBELL", Family::tapo_camera},
        {"SMART.TAPOHUB", Family::tapo_camera},
        {"IOT.SMARTPLUGSWITCH", Family::kasa_plug},
        {"IOT.SMARTBULB", Family::kasa_plug},
        {"IOT.IPCAMERA", Family::kasa_camera},
    }};
    for (const auto& [name, family] : kFamilies)
        if (name == type) return family;
    return Family::unknown;
}

std::string camera_transport(const Found& found, const json::object& result) {
    const auto offers = [&](std::string_view type) {
        return std::find(found.encrypt_types.begin(), found.encrypt_types.end(), type) !=
               found.encrypt_types.end();
    };
    if (offers("4") || result.contains("tpap")) return "tapo4";
    if (offers("3")) return "tapo3";
    return offers("1") || offers("2") ? "tapo1" : "";
}

std::string plug_transport(const json::object& scheme, std::string_view type, bool iot) {
    if (type == "AES") return "aes";
    if (type == "TPAP") return "tpap";
    if (type == "KLAP") return !iot ? "klap2" : flag(scheme, "new_klap") ? "klap2-iot" : "klap1";
    return "";
}

void read_transport(Found& found, const json::object& result) {
    const json::object none;
    const json::object* given = find_object(result, "mgt_encrypt_schm");
    const json::object& scheme = given ? *given : none;
    const std::string_view type = find_text(scheme, "encrypt_type");
    found.encrypt_types = tapo::find_texts(result, "encrypt_type");
    found.https = flag(scheme, "is_support_https");
    found.port = port_of(scheme, "http_port");
    found.login_version = find_int(scheme, "lv").value_or(1);
    // Hubs come in both kinds: only the camera kind leaves encrypt_type out of its scheme.
    if (found.device_type == "SMART.TAPOHUB" && !type.empty()) found.family = Family::tapo_plug;
    if (found.family != Family::tapo_camera) {
        found.transport = plug_transport(scheme, type, found.iot);
        if (!type.empty() && found.encrypt_types.empty()) found.encrypt_types.emplace_back(type);
    } else {
        found.transport = camera_transport(found, result);
        found.https = true;
    }
    const json::object* tpap = find_object(result, "tpap");
    if (!tpap) return;
    if (port_of(*tpap, "port") != 0) found.port = port_of(*tpap, "port");
    if (find_int(*tpap, "tls").value_or(0) > 0) found.https = true;
}

} // namespace

std::string_view to_string(Family family) {
    switch (family) {
    case Family::tapo_plug: return "tapo_plug";
    case Family::tapo_camera: return "tapo_camera";
    case Family::kasa_plug: return "kasa_plug";
    case Family::kasa_camera: return "kasa_camera";
    case Family::vigi_camera: return "vigi_camera";
    case Family::unknown: break;
    }
    return "unknown";
}

Buffer build_probe(std::string_view public_pem, std::uint32_t serial) {
    const json::object body{
        {"params", {{"rsa_key", json::string_view(public_pem.data(), public_pem.size())}}}};
    const std::string text = json::serialize(body);
    Buffer probe(kHeaderBytes);
    const std::span<std::byte> header(probe);
    probe[0] = std::byte{0x02}; // version
    probe[3] = std::byte{0x01}; // op code: probe
    store_be16(header.subspan<kLengthAt, 2>(), static_cast<std::uint16_t>(text.size()));
    probe[6] = std::byte{0x11};
    store_be32(header.subspan<8, 4>(), serial);
    store_be32(header.subspan<kCrcAt, 4>(), kCrcSeed);
    append(probe, text);
    store_be32(std::span<std::byte>(probe).subspan<kCrcAt, 4>(), crypto::crc32(probe));
    return probe;
}

Result<json::object> parse_answer(Bytes datagram) {
    if (datagram.size() <= kHeaderBytes || datagram.size() > kMaxDatagramBytes)
        return fail(Errc::malformed, "discovery: datagram of " + std::to_string(datagram.size()) + " bytes");
    Bytes body = datagram.subspan(kHeaderBytes);
    const std::size_t length = load_be16(datagram.subspan<kLengthAt, 2>());
    if (length > body.size()) return fail(Errc::malformed, "discovery: datagram cut short");
    if (length > 0) body = body.first(length);
    json::object reply = TRY(tapo::parse_object(as_text(body)));
    if (const int number = tapo::error_code(reply); number != 0)
        return fail(Errc::refused, "discovery: the device answers with error " + std::to_string(number),
                    number);
    json::value* result = reply.if_contains("result");
    if (!result || !result->is_object()) return fail(Errc::malformed, "discovery: answer without result");
    return std::move(result->get_object());
}

std::optional<json::object> open_encrypt_info(const json::object& result, const crypto::RsaKey& key) {
    const json::object* info = find_object(result, "encrypt_info");
    if (!info) return std::nullopt;
    const auto wrapped = base64_decode(find_text(*info, "key"));
    const auto data = base64_decode(find_text(*info, "data"));
    if (!wrapped || !data) return std::nullopt;
    // Known answers use OAEP; descriptions of cameras name PKCS#1 v1.5 as well. Wrong padding cannot give 32
    // bytes that open the data, so what fits is right.
    for (const bool oaep : {true, false}) {
        const auto secret = oaep ? key.decrypt_oaep_sha1(*wrapped) : key.decrypt_pkcs1(*wrapped);
        if (!secret || secret->size() != 2 * kKeyBytes) continue;
        const auto plain =
            crypto::aes128_cbc_decrypt(crypto::aes_key(Bytes(*secret).first(kKeyBytes)),
                                       crypto::aes_key(Bytes(*secret).subspan(kKeyBytes)), *data);
        if (!plain) continue;
        if (auto object = tapo::parse_object(as_text(*plain))) return std::move(*object);
    }
    return std::nullopt;
}

Result<Found> read_answer(json::object result, const crypto::RsaKey* key, std::string_view email) {
    Found found;
    const auto mac = normalize_mac(find_text(result, "mac"));
    if (!mac) return fail(Errc::malformed, "discovery: answer without a MAC address");
    found.mac = *mac;
    found.model = without_region(find_text(result, "device_model"));
    found.name = find_text(result, "device_name");
    found.device_type = find_text(result, "device_type");
    found.device_id = find_text(result, "device_id");
    found.firmware = find_text(result, "firmware_version");
    found.hardware = find_text(result, "hardware_version");
    if (found.hardware.empty()) found.hardware = find_text(result, "hw_ver");
    found.iot = found.device_type.starts_with("IOT.");
    found.family = family_of(found.device_type);
    found.factory_default = flag(result, "factory_default");
    read_transport(found, result);
    std::string owner(find_text(result, "owner"));
    if (auto info = key ? open_encrypt_info(result, *key) : std::nullopt) {
        if (found.port == 0) found.port = port_of(*info, "http_port");
        if (owner.empty()) owner = find_text(*info, "owner");
        result["encrypt_info"] = std::move(*info);
    }
    if (!owner.empty() && !email.empty())
        found.owner_matches = ascii_lower(owner) == crypto::md5_hex_lower(email);
    found.raw["tdp"] = std::move(result);
    return found;
}

} // namespace tplink::discovery
