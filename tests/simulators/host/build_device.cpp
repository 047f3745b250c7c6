#include <arpa/inet.h>

#include <array>
#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/camera.hpp"
#include "tests/simulators/host/build_camera.hpp"
#include "tests/simulators/host/build_kasa.hpp"
#include "tests/simulators/host/build_plug.hpp"
#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/kasa/cloud.hpp"
#include "tests/simulators/kasa/kasa_camera.hpp"
#include "tests/simulators/media/clip.hpp"
#include "tests/simulators/media/kasa_stream.hpp"
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

/// Clouds of the host reach its Kasa cameras.
void join_cloud(const std::vector<std::unique_ptr<HostedDevice>>& devices) {
    for (const auto& hosted : devices) {
        auto* cloud = dynamic_cast<Cloud*>(&hosted->device());
        if (!cloud) continue;
        for (const auto& other : devices) {
            auto* camera = dynamic_cast<KasaCamera*>(&other->device());
            if (!camera) continue;
            cloud->add_camera({.device_id = camera->device_id(),
                               .alias = camera->options().alias,
                               .model = camera->model()->facts().model,
                               .mac = camera->options().mac,
                               .ask = [camera](const json::object& request) {
                                   return camera->through_the_cloud(request);
                               }});
        }
    }
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
    BuiltCamera built;
    built.device = build_plug(kind, common, model, options);
    const bool plug = built.device != nullptr;
    BuiltKasa kasa;
    if (!plug) kasa = build_kasa(kind, common, model, options, shares);
    const bool from_kasa = kasa.device != nullptr;
    if (from_kasa) built.device = std::move(kasa.device);
    if (!plug && !from_kasa) built = build_camera(kind, common, model, options, shares);
    if (!built.device) return fail(Errc::refused, "devices: kind: no simulator for \"" + kind + "\"");
    if (const std::string wrong = options.error(); !wrong.empty())
        return fail(Errc::refused, "options: " + wrong);

    auto hosted = std::make_unique<HostedDevice>(std::move(built.device));
    if (wants_media) hosted->make_kasa_stream_ = kasa.make_stream;
    if (plug || from_kasa || !wants_media) return hosted;
    built.media.address = common.address;
    built.media.port = media_port;
    built.media.password = common.password;
    built.media.privacy_on = hosted->camera_->privacy_hook();
    built.media.clips = shares.clips;
    hosted->camera_->set_card(built.card);
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
    join_cloud(out);
    return out;
}

} // namespace tplink::sim
