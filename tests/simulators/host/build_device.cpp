#include <arpa/inet.h>

#include <array>
#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/camera_l1.hpp"
#include "tests/simulators/camera_l3.hpp"
#include "tests/simulators/host/build_plug.hpp"
#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/media/clip.hpp"
#include "tests/simulators/media/media_server.hpp"
#include "tests/simulators/reactor.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

/// "aa:bb:.." or any other form to "AA-BB-..".
std::optional<std::string> dashed_mac(std::string_view text) {
    const auto plain = normalize_mac(text);
    if (!plain) return std::nullopt;
    std::string out;
    for (std::size_t at = 0; at < plain->size(); at += 2) out += (at == 0 ? "" : "-") + plain->substr(at, 2);
    return ascii_upper(out);
}

void read_common(OptionReader& entry, const json::object& defaults, DeviceOptions& out) {
    for (const char* key : {"username", "password"})
        if (const json::value* value = defaults.if_contains(key); value && value->is_string())
            (std::string_view(key) == "username" ? out.username : out.password) = value->get_string();
    std::int64_t discovery = 20002;
    if (const json::value* value = defaults.if_contains("discovery_port"); value && value->is_int64())
        discovery = value->get_int64();
    entry.read("discovery_port", discovery); // -1: not discoverable
    if (discovery >= 0) out.discovery_port = static_cast<std::uint16_t>(discovery);
    entry.read("address", out.address);
    entry.read("port", out.port);
    entry.read("mac", out.mac);
    entry.read("alias", out.alias);
    entry.read("username", out.username);
    entry.read("password", out.password);
}

void read_camera(OptionReader& options, CameraOptions& out) {
    options.read("reboot_ms", out.reboot_ms);
    options.read("sw_version", out.camera.sw_version);
    options.read("has_motor", out.camera.has_motor);
    options.read("has_white_lamp", out.camera.has_white_lamp);
    options.read("has_person_detection", out.camera.has_person_detection);
    options.read("has_card", out.camera.has_card);
    options.read("h265", out.camera.h265);
    options.read("wired", out.camera.wired);
    options.read("dot_keys", out.camera.dot_keys);
    options.read("privacy_lag_ms", out.camera.privacy_lag);
    options.read("siren_s", out.camera.siren_s);
    options.read("session_life_s", out.session_life);
    options.read("max_sessions", out.max_sessions);
    options.read("max_attempts", out.max_attempts);
    options.read("lockout_s", out.lockout);
    options.read("pkcs1_announcement", out.pkcs1_announcement);
    options.choose(
        "alarm",
        {{"none", AlarmDialect::none}, {"manual", AlarmDialect::manual}, {"siren", AlarmDialect::siren}},
        out.camera.alarm);
    options.choose("suites",
                   {{"any", TlsSuites::any},
                    {"static_rsa_only", TlsSuites::static_rsa_only},
                    {"ecdhe_only", TlsSuites::ecdhe_only}},
                   out.suites);
}

struct Built {
    std::unique_ptr<Device> device;
    MediaServerOptions media;
};

Built build_camera(const std::string& kind, const DeviceOptions& common, const std::string& model,
                   OptionReader& options, const HostShares& shares) {
    Built built;
    if (kind == "tapo_camera_l1") {
        CameraL1Options out;
        static_cast<DeviceOptions&>(out) = common;
        out.camera.model = model.empty() ? "C200" : model;
        out.camera.sw_version = "1.1.18 Build 210218 Rel.00001n";
        out.camera.hw_version = "1.0";
        out.camera.dot_keys = true;
        out.suites = TlsSuites::static_rsa_only;
        read_camera(options, out);
        options.read("refuses_with_401", out.refuses_with_401);
        out.identity = shares.identity;
        built.media.hash = MediaHash::md5;
        built.media.codec = out.camera.h265 ? MediaCodec::h265 : MediaCodec::h264;
        built.device = std::make_unique<CameraL1>(std::move(out));
    } else {
        CameraL3Options out;
        static_cast<DeviceOptions&>(out) = common;
        out.camera.model = model.empty() ? "C210" : model;
        read_camera(options, out);
        options.choose("hash", {{"sha256", PasswordHash::sha256}, {"md5", PasswordHash::md5}}, out.hash);
        options.read("plain_single_replies", out.plain_single_replies);
        options.read("plain_ended_reply", out.plain_ended_reply);
        options.read("seq_window", out.seq_window);
        out.identity = shares.identity;
        built.media.hash = out.hash == PasswordHash::md5 ? MediaHash::md5 : MediaHash::sha256;
        built.media.codec = out.camera.h265 ? MediaCodec::h265 : MediaCodec::h264;
        built.device = std::make_unique<CameraL3>(std::move(out));
    }
    options.read("bench_clip", built.media.bench_clip);
    options.read("media_sessions", built.media.max_sessions);
    options.read("waits_for_keyframe", built.media.waits_for_keyframe);
    options.read("two_lenses", built.media.two_lenses);
    options.read("heartbeat_ms", built.media.heartbeat);
    options.choose("audio",
                   {{"absent", MediaAudio::absent},
                    {"alaw_8k", MediaAudio::alaw_8k},
                    {"ulaw_16k", MediaAudio::ulaw_16k},
                    {"aac_16k", MediaAudio::aac_16k}},
                   built.media.audio);
    options.choose("key_exchange",
                   {{"md5", MediaKeyExchange::md5},
                    {"none", MediaKeyExchange::none},
                    {"plain", MediaKeyExchange::plain},
                    {"hkdf", MediaKeyExchange::hkdf}},
                   built.media.key_exchange);
    return built;
}

/// Address and MAC of the n-th repetition.
json::object shifted(const json::object& entry, std::uint32_t n) {
    json::object out = entry;
    out.erase("repeat");
    if (n == 0) return out;
    in_addr address{};
    if (const json::value* text = entry.if_contains("address"); text && text->is_string())
        inet_pton(AF_INET, text->get_string().c_str(), &address);
    address.s_addr = htonl(ntohl(address.s_addr) + n);
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &address, text.data(), text.size());
    out["address"] = std::string(text.data());
    const json::value* mac_text = entry.if_contains("mac");
    const auto mac = mac_text && mac_text->is_string() ? normalize_mac(mac_text->get_string()) : std::nullopt;
    if (mac) {
        Buffer bytes = from_hex(*mac).value();
        const std::span<std::byte, 4> tail(bytes.data() + 2, 4);
        store_be32(tail, load_be32(tail) + n);
        out["mac"] = hex_lower(bytes);
    }
    if (const json::value* alias = entry.if_contains("alias"); alias && alias->is_string())
        out["alias"] = std::string(alias->get_string()) + " " + std::to_string(n + 1);
    return out;
}

} // namespace

HostShares make_shares() {
    return {std::make_shared<const TlsIdentity>(2048), std::make_shared<ClipLibrary>(),
            std::make_shared<Reactor>()};
}

Result<std::unique_ptr<HostedDevice>> build_device(const json::object& entry_object,
                                                   const json::object& defaults, const HostShares& shares) {
    OptionReader entry(entry_object);
    std::string kind;
    std::string model;
    json::object option_object;
    DeviceOptions common;
    std::uint16_t media_port = 0;
    entry.read("kind", kind);
    entry.read("model", model);
    entry.read("media_port", media_port);
    if (const json::value* value = entry.find("options"); value && value->is_object())
        option_object = value->get_object();
    read_common(entry, defaults, common);
    if (const std::string wrong = entry.error(); !wrong.empty())
        return fail(Errc::refused, "devices: " + wrong);
    const auto mac = dashed_mac(common.mac);
    if (!mac) return fail(Errc::refused, "devices: mac: not a MAC address");
    common.mac = *mac;

    OptionReader options(option_object);
    bool wants_media = true;
    options.read("media", wants_media);
    common.reactor = shares.reactor;
    Built built;
    built.device = build_plug(kind, common, model, options);
    const bool plug = built.device != nullptr;
    if (!plug && kind != "tapo_camera_l1" && kind != "tapo_camera_l3")
        return fail(Errc::refused, "devices: kind: no simulator for \"" + kind + "\"");
    if (!plug) built = build_camera(kind, common, model, options, shares);
    if (const std::string wrong = options.error(); !wrong.empty())
        return fail(Errc::refused, "options: " + wrong);

    auto hosted = std::make_unique<HostedDevice>(std::move(built.device));
    if (plug || !wants_media) return hosted;
    built.media.address = common.address;
    built.media.port = media_port;
    built.media.password = common.password;
    built.media.privacy_on = hosted->camera_->privacy_hook();
    built.media.clips = shares.clips;
    hosted->make_media_ = [options_of_media = built.media] {
        return std::make_unique<MediaServer>(options_of_media);
    };
    return hosted;
}

Result<std::vector<std::unique_ptr<HostedDevice>>> build_devices(const json::object& config,
                                                                 const HostShares& shares) {
    const json::value* list = config.if_contains("devices");
    if (!list || !list->is_array()) return fail(Errc::refused, "devices: no list");
    std::vector<std::unique_ptr<HostedDevice>> out;
    for (const json::value& entry : list->get_array()) {
        if (!entry.is_object()) return fail(Errc::refused, "devices: not an object");
        std::uint32_t times = 1;
        OptionReader reader(entry.get_object());
        reader.read("repeat", times);
        for (std::uint32_t n = 0; n < times; ++n)
            out.push_back(TRY(build_device(shifted(entry.get_object(), n), config, shares)));
    }
    return out;
}

json::object demo_config(const std::string& net) {
    const auto at = [&net](int last) { return net + "." + std::to_string(last); };
    return {{"username", "demo@example.com"},
            {"password", "demo-password"},
            {"devices", json::array{json::object{{"kind", "tapo_camera_l1"},
                                                 {"address", at(21)},
                                                 {"mac", "02-00-00-00-00-21"},
                                                 {"alias", "Hallway camera"},
                                                 {"model", "C200"}},
                                    json::object{{"kind", "tapo_camera_l3"},
                                                 {"address", at(22)},
                                                 {"mac", "02-00-00-00-00-22"},
                                                 {"alias", "Garden camera"},
                                                 {"model", "C210"},
                                                 {"options", json::object{{"suites", "ecdhe_only"}}}},
                                    json::object{{"kind", "tapo_camera_l3"},
                                                 {"address", at(23)},
                                                 {"mac", "02-00-00-00-00-23"},
                                                 {"alias", "Street camera"},
                                                 {"model", "C325WB"},
                                                 {"options", json::object{{"h265", true},
                                                                          {"has_motor", false},
                                                                          {"has_white_lamp", true},
                                                                          {"alarm", "siren"},
                                                                          {"plain_single_replies", false}}}},
                                    json::object{{"kind", "tapo_plug_aes"},
                                                 {"address", at(31)},
                                                 {"mac", "02-00-00-00-00-31"},
                                                 {"alias", "Desk lamp"},
                                                 {"model", "P100"}},
                                    json::object{{"kind", "tapo_plug_klap"},
                                                 {"address", at(32)},
                                                 {"mac", "02-00-00-00-00-32"},
                                                 {"alias", "Washing machine"},
                                                 {"model", "P110"}}}}};
}

} // namespace tplink::sim
