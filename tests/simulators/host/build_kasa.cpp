#include "tests/simulators/host/build_kasa.hpp"

#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/host/option_reader.hpp"
#include "tests/simulators/kasa/cloud.hpp"
#include "tests/simulators/kasa/kasa_camera.hpp"
#include "tests/simulators/media/kasa_stream.hpp"

namespace tplink::sim {
namespace {

KasaCameraOptions read_camera(const DeviceOptions& common, const std::string& model, OptionReader& options,
                              const HostShares& shares) {
    KasaCameraOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.discovery_port.reset();
    out.identity = shares.identity;
    if (!model.empty()) out.camera.model = model;
    if (out.port == 0) out.port = 10443;
    options.read("control_port", out.port); // 0: any, as the other ports
    options.read("udp_port", out.udp_port);
    options.read("talk_port", out.talk_port);
    options.read("reboot_ms", out.reboot_ms);
    options.read("sw_ver", out.camera.sw_ver);
    options.read("has_motor", out.camera.has_motor);
    options.read("has_spotlight", out.camera.has_spotlight);
    options.read("has_siren", out.camera.has_siren);
    options.read("siren_s", out.camera.siren_s);
    options.read("clock_skew_s", out.camera.clock_skew_s);
    options.read("older_path", out.older_path);
    options.read("needs_user_agent", out.needs_user_agent);
    options.choose("linkie",
                   {{"works", Linkie::works},
                    {"redirect", Linkie::redirect},
                    {"wrong_401", Linkie::wrong_401},
                    {"wrong_silent", Linkie::wrong_silent},
                    {"closed", Linkie::closed}},
                   out.linkie);
    options.choose("secret",
                   {{"md5", KasaSecret::md5},
                    {"base64", KasaSecret::base64},
                    {"plain", KasaSecret::plain},
                    {"admin_md5", KasaSecret::admin_md5}},
                   out.secret);
    options.choose("suites",
                   {{"any", TlsSuites::any},
                    {"static_rsa_only", TlsSuites::static_rsa_only},
                    {"ecdhe_only", TlsSuites::ecdhe_only},
                    {"tls10_only", TlsSuites::tls10_only},
                    {"tls11_only", TlsSuites::tls11_only}},
                   out.suites);
    return out;
}

KasaStreamOptions read_stream(const KasaCameraOptions& camera, std::uint16_t media_port,
                              OptionReader& options) {
    KasaStreamOptions out;
    out.address = camera.address;
    out.port = media_port;
    out.username = camera.username;
    out.password = camera.password;
    out.reactor = camera.reactor;
    options.read("media_port", out.port);
    options.read("plain_stream_password", out.plain_password);
    options.read("media_sessions", out.max_sessions);
    options.choose("head",
                   {{"bare", KasaHead::bare}, {"length", KasaHead::length}, {"chunked", KasaHead::chunked}},
                   out.head);
    return out;
}

BuiltKasa build_camera(const DeviceOptions& common, const std::string& model, OptionReader& options,
                       const HostShares& shares) {
    const KasaCameraOptions camera = read_camera(common, model, options, shares);
    KasaStreamOptions stream = read_stream(camera, 19443, options);
    auto device = std::make_unique<KasaCamera>(camera);
    stream.camera_on = [model = device->model()] { return model->camera_on(); };
    stream.tls = [identity = camera.identity, suites = camera.suites] {
        return identity->server_context(suites);
    };
    stream.clips = shares.clips;
    return {.device = std::move(device),
            .make_stream = [stream] { return std::make_unique<KasaStream>(stream); }};
}

BuiltKasa build_cloud(const DeviceOptions& common, OptionReader& options) {
    CloudOptions out;
    static_cast<DeviceOptions&>(out) = common;
    out.discovery_port.reset();
    options.read("region_port", out.region_port);
    options.read("token_life_s", out.token_life);
    options.read("max_attempts", out.max_attempts);
    options.read("nests_errors", out.nests_errors);
    options.read("mfa", out.mfa);
    options.read("entry_redirects", out.entry_redirects);
    options.read("foreign_redirect", out.foreign_redirect);
    options.read("object_answers", out.object_answers);
    options.read("rotates_refresh", out.rotates_refresh);
    options.choose("certificate",
                   {{"good", CloudCertificate::good},
                    {"wrong_authority", CloudCertificate::wrong_authority},
                    {"wrong_name", CloudCertificate::wrong_name}},
                   out.certificate);
    return {.device = std::make_unique<Cloud>(std::move(out))};
}

} // namespace

BuiltKasa build_kasa(const std::string& kind, const DeviceOptions& common, const std::string& model,
                     OptionReader& options, const HostShares& shares) {
    if (kind == "kasa_camera") return build_camera(common, model, options, shares);
    if (kind == "kasa_cloud") return build_cloud(common, options);
    return {};
}

} // namespace tplink::sim
