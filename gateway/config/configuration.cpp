#include "gateway/config/configuration.hpp"

#include <boost/json/serialize.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <yaml-cpp/yaml.h>

#include "gateway/config/section.hpp"
#include "gateway/config/settings.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/net/tls_server.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxFile = 1U << 20;  // bytes; a configuration is a few kB
constexpr std::string_view kPrefix = "TPLINK2MQTT__";
constexpr std::initializer_list<std::pair<const char*, Family>> kFamilies = {
    {"auto", Family::automatic},          {"tapo_camera", Family::tapo_camera}, {"vigi_camera", Family::vigi_camera},
    {"kasa_camera", Family::kasa_camera}, {"tapo_plug", Family::tapo_plug},     {"kasa_plug", Family::kasa_plug}};

void read_mqtt(Section in, MqttConfig& out, bool supervised) {
    in.text("host", out.host);
    in.number("port", out.port, 1, 65535);
    in.text("username", out.username);
    in.secret("password", out.password);
    in.flag("tls", out.tls);
    in.text("ca_file", out.ca_file);
    in.text("client_cert", out.client_cert);
    in.text("client_key", out.client_key);
    in.text("base_topic", out.base_topic);
    in.text("discovery_prefix", out.discovery_prefix);
    in.choice<DiscoveryForm>("discovery", out.discovery,
              {{"device", DiscoveryForm::device}, {"component", DiscoveryForm::component}, {"off", DiscoveryForm::off}});
    in.flag("raw", out.raw);
    for (const auto& [key, topic] : {std::pair{"base_topic", &out.base_topic}, std::pair{"discovery_prefix", &out.discovery_prefix}})
        if (topic->empty() || topic->find_first_of("+#") != std::string::npos || topic->front() == '/' || topic->back() == '/')
            in.fault(key, "must be a topic without + and #, not beginning or ending with /");
    if (out.host.empty() && !supervised) in.fault("host", "is needed: the address of the MQTT broker");
    in.finish();
}

void read_credentials(Section& in, Credentials& out) {
    in.text("username", out.username);
    in.secret("password", out.password);
}

bool is_target(const std::string& text) {
    const auto slash = text.find('/');
    if (slash == std::string::npos) return !text.empty() && text.find_first_of(" \t:") == std::string::npos;
    int bits = -1;
    const auto [end, ec] = std::from_chars(text.data() + slash + 1, text.data() + text.size(), bits);
    return ec == std::errc{} && end == text.data() + text.size() && bits >= 22 && bits <= 32;
}

void read_key(Section in, CloudKeyConfig& out) {
    in.text("access_key", out.access_key);
    in.secret("secret", out.secret);
    if (out.access_key.empty() != out.secret.empty()) in.fault("access_key", "and secret belong together: give both, or none for the built-in ones");
    in.finish();
}

void read_cloud(Section in, CloudConfig& out) {
    in.flag("enabled", out.enabled);
    in.text("url", out.url);
    in.text("ca_file", out.ca_file);
    if (!out.url.empty() && !out.url.starts_with("https://")) in.fault("url", "must begin with https://; leave it out to use TP-Link's servers");
    Section keys = in.section("keys");
    read_key(keys.section("login"), out.login_key);
    read_key(keys.section("passthrough"), out.passthrough_key);
    keys.finish();
    in.finish();
}

void read_discovery(Section in, DiscoveryConfig& out) {
    in.flag("enabled", out.enabled);
    in.texts("targets", out.targets);
    in.seconds("interval_s", out.interval, 10, 86400);
    in.flag("adopt", out.adopt);
    for (const std::string& target : out.targets)
        if (!is_target(target)) in.fault("targets", "'" + target + "' is neither an address nor a network such as 192.168.1.0/24 (at most /22, 1024 hosts)");
    in.finish();
}

void read_ports(Section in, WebrtcConfig& out) {
    std::string ports = std::to_string(out.port_min) + "-" + std::to_string(out.port_max);
    in.text("ports", ports);
    in.texts("candidates", out.candidates);
    unsigned low = 0;
    unsigned high = 0;
    const auto dash = ports.find('-');
    if (dash != std::string::npos) {
        const char* const last = ports.data() + ports.size();
        const bool clean = std::from_chars(ports.data(), ports.data() + dash, low).ptr == ports.data() + dash &&
                           std::from_chars(ports.data() + dash + 1, last, high).ptr == last;
        if (!clean) low = 0;
    }
    if (low < 1 || high > 65535 || low > high) in.fault("ports", "expected FIRST-LAST, such as 8660-8759");
    else {
        out.port_min = static_cast<std::uint16_t>(low);
        out.port_max = static_cast<std::uint16_t>(high);
    }
    in.finish();
}

DeviceConfig read_device(Section in, DeviceConfig out = {}) {
    in.text("name", out.name);
    in.text("host", out.host);
    in.text("mac", out.mac);
    if (!out.mac.empty()) {
        if (const auto mac = normalize_mac(out.mac)) out.mac = *mac;
        else in.fault("mac", "expected six pairs of hex digits, such as a8:42:a1:00:11:22");
    }
    if (out.host.empty() && out.mac.empty()) in.fault("host", "is needed: the device's address (or its mac)");
    in.choice<Family>("family", out.family, kFamilies);
    Credentials own = out.credentials.value_or(Credentials{});
    read_credentials(in, own);
    if (!own.username.empty() || !own.password.empty()) out.credentials = own;
    Section camera = in.section("camera_account");
    read_credentials(camera, out.camera_account);
    camera.finish();
    in.number("port", out.port, 0, 65535);
    in.number("media_port", out.media_port, 0, 65535);
    in.number("state_port", out.state_port, 0, 65535);
    in.number("talk_port", out.talk_port, 0, 65535);
    in.choice<StreamChoice>("stream", out.stream, {{"hd", StreamChoice::hd}, {"sd", StreamChoice::sd}, {"both", StreamChoice::both}, {"off", StreamChoice::off}});
    in.choice<VideoSource>("video_source", out.video_source, {{"auto", VideoSource::automatic}, {"native", VideoSource::native}, {"rtsp", VideoSource::rtsp}});
    in.choice<Tristate>("battery", out.battery, {{"auto", Tristate::automatic}, {"yes", Tristate::yes}, {"no", Tristate::no},
                                       {"true", Tristate::yes}, {"false", Tristate::no}});  // YAML people write yes as true
    in.choice<KasaControl>("control", out.control, {{"auto", KasaControl::automatic}, {"local", KasaControl::local}, {"cloud", KasaControl::cloud}, {"none", KasaControl::none}});
    std::string poll;
    in.text("poll_s", poll);
    if (poll == "off") out.poll = kNeverPolled;
    else in.seconds("poll_s", out.poll, 0, 86400);
    Section entities = in.section("entities");
    entities.texts("exclude", out.exclude);
    entities.finish();
    in.finish();
    return out;
}

void read_http(Section in, HttpConfig& out) {
    in.listen("listen", out.listen);
    in.text("username", out.username);
    in.secret("password", out.password);
    in.text("ssl_cert", out.ssl_cert);
    in.text("ssl_key", out.ssl_key);
    if (out.ssl_cert.empty() != out.ssl_key.empty())
        in.fault(out.ssl_cert.empty() ? "ssl_key" : "ssl_cert", "and " + std::string(out.ssl_cert.empty() ? "ssl_cert" : "ssl_key") + " belong together: give both, or none for plain HTTP");
    else if (!out.ssl_cert.empty())
        if (const auto identity = net::TlsIdentity::load(out.ssl_cert, out.ssl_key); !identity) in.fault(identity.error().in_key ? "ssl_key" : "ssl_cert", identity.error().what);
    in.finish();
}

void read_all(Section in, Config& out, bool supervised) {
    read_mqtt(in.section("mqtt"), out.mqtt, supervised);
    Section account = in.section("account");
    read_credentials(account, out.account);
    account.finish();
    read_cloud(in.section("cloud"), out.cloud);
    in.flag("local_only", out.local_only);
    read_discovery(in.section("discovery"), out.discovery);
    read_http(in.section("http"), out.http);
    Section rtsp = in.section("rtsp");
    rtsp.flag("enabled", out.rtsp.enabled);
    rtsp.listen("listen", out.rtsp.listen);
    rtsp.text("username", out.rtsp.username);
    rtsp.secret("password", out.rtsp.password);
    rtsp.finish();
    read_ports(in.section("webrtc"), out.webrtc);
    Section onvif = in.section("onvif");
    onvif.flag("enabled", out.onvif.enabled);
    onvif.number("port", out.onvif.port, 1, 65535);
    onvif.finish();
    Section media = in.section("media");
    media.flag("transcode", out.media.transcode);
    media.number("viewers_max", out.media.viewers_max, 1, 1000);
    media.seconds("linger_s", out.media.linger, 0, 3600);
    media.seconds("battery_view_limit_s", out.media.battery_view_limit, 10, 86400);
    media.seconds("battery_day_limit_s", out.media.battery_day_limit, 60, 86400);
    media.finish();
    Section log = in.section("log");
    log.choice<std::string>("level", out.log.level, {{"trace", "trace"}, {"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}});
    log.choice<LogFormat>("format", out.log.format, {{"text", LogFormat::text}, {"json", LogFormat::json}});
    log.finish();
    in.text("state_dir", out.state_dir);
    std::set<std::string> seen;
    for (Section& device : in.sections("devices")) {
        out.devices.push_back(read_device(std::move(device)));
        const DeviceConfig& added = out.devices.back();
        const std::string which = added.mac.empty() ? added.host : added.mac;
        if (!which.empty() && !seen.insert(which + ":" + std::to_string(added.mac.empty() ? added.port : 0)).second)
            in.fault("devices", "the device at '" + which + "' is given twice; keep one entry");
    }
    in.finish();
}

/// TPLINK2MQTT__MQTT__PASSWORD=x becomes mqtt.password: x. Values stay texts unless they are YAML lists or maps.
void apply_environment(YAML::Node& root, const Environment& environment) {
    for (const auto& [name, value] : environment) {
        if (!name.starts_with(kPrefix)) continue;
        const std::string path = ascii_lower(std::string_view(name).substr(kPrefix.size()));
        const auto split = path.find("__");
        const bool structured = value.starts_with('[') || value.starts_with('{');
        const YAML::Node node = structured ? YAML::Load(value) : YAML::Node(value);
        if (split == std::string::npos) root[path] = node;
        else {
            YAML::Node section = root[path.substr(0, split)];
            const std::string key = path.substr(split + 2);
            section[key] = node;
            // password and password_file are one setting in two spellings: the file's other one is overridden too.
            const std::string other = key.ends_with("_file") ? key.substr(0, key.size() - 5) : key + "_file";
            if (!environment.contains(std::string(kPrefix) + ascii_upper(path.substr(0, split + 2) + other))) section.remove(other);
        }
    }
}

}  // namespace

std::string_view to_string(Family family) {
    for (const auto& [word, value] : kFamilies)
        if (value == family) return word;
    return "auto";
}

bool Listen::is_loopback() const { return address.starts_with("127.") || address == "::1" || address == "[::1]" || address == "localhost"; }

std::string ConfigFault::text() const { return file + ":" + std::to_string(line) + ": " + key + ": " + message; }

namespace {

/// What the file says under a dotted key, as a digest: it may be a password.
std::string digest_of(const YAML::Node& root, const std::string& key) {
    const auto dot = key.find('.');
    const auto said = [](const YAML::Node& node) { return crypto::sha256_hex_lower(node.IsDefined() && !node.IsNull() ? YAML::Dump(node) : ""); };
    const YAML::Node nothing;
    if (!root.IsMap()) return said(nothing);
    const YAML::Node outer = root[key.substr(0, dot)];
    if (dot == std::string::npos) return said(outer);
    return outer.IsDefined() && outer.IsMap() ? said(outer[key.substr(dot + 1)]) : said(nothing);
}

void apply_overlay(YAML::Node& root, const Overlay& overlay) {
    const YAML::Node as_written = YAML::Clone(root);
    for (const auto& [key, entry] : overlay.entries) {
        if (digest_of(as_written, key) != entry.over) continue;  // the file was changed since: it has the later word
        const YAML::Node value = YAML::Load(boost::json::serialize(entry.value));
        const auto dot = key.find('.');
        if (dot == std::string::npos) {
            root[key] = value;
            continue;
        }
        YAML::Node section = root[key.substr(0, dot)];
        section[key.substr(dot + 1)] = value;
        if (key.ends_with("password")) section.remove(key.substr(dot + 1) + "_file");
    }
}

/// A fault of a value that no file holds names the variable it came from.
void name_variables(std::vector<ConfigFault>& faults, const Environment& environment) {
    for (ConfigFault& fault : faults) {
        std::string name(kPrefix);
        for (const char letter : fault.key) name += letter == '.' ? "__" : std::string(1, letter);
        name = ascii_upper(name);
        if (environment.contains(name)) fault.message += "; the value is that of the environment variable " + name;
    }
}

LoadedConfig parse_layers(std::string_view text, const std::string& file, const Environment& environment, const Overlay& overlay) {
    LoadedConfig loaded;
    try {
        YAML::Node root = YAML::Load(std::string(text));
        if (!root.IsDefined() || root.IsNull()) root = YAML::Node(YAML::NodeType::Map);
        if (root.IsMap()) {
            apply_overlay(root, overlay);
            apply_environment(root, environment);
        }
        const bool supervised = environment.contains("SUPERVISOR_TOKEN");
        if (supervised) loaded.config.state_dir = "/data";  // the only folder of an add-on that survives an update
        read_all(Section(root, "", file, loaded.faults), loaded.config, supervised);
        name_variables(loaded.faults, environment);
    } catch (const YAML::Exception& problem) {
        loaded.faults.push_back(make_fault(file, problem.mark.line + 1, "syntax", problem.msg + "; check indentation, quotes and brackets there"));
    }
    return loaded;
}

}  // namespace

LoadedConfig parse_config(std::string_view text, const std::string& file, const Environment& environment) {
    return parse_layers(text, file, environment, {});
}

LoadedConfig load_config(const std::string& file, const Environment& environment) { return load_with({}, file, environment); }

std::map<std::string, std::string> file_digests(const std::string& file, const std::map<std::string, boost::json::value>& keys) {
    YAML::Node root;
    try {
        if (!file.empty()) root.reset(YAML::LoadFile(file));
    } catch (const YAML::Exception&) {
        root.reset();  // load_with() says what is wrong with it
    }
    std::map<std::string, std::string> out;
    for (const auto& [key, value] : keys) out[key] = digest_of(root, key);
    return out;
}

LoadedConfig load_with(const Overlay& overlay, const std::string& file, const Environment& environment) {
    if (file.empty()) return parse_layers("", "(no file)", environment, overlay);
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (in) text << in.rdbuf();
    LoadedConfig loaded;
    std::error_code ec;
    if (!in || std::filesystem::is_directory(file, ec)) loaded.faults.push_back({file, 0, "file", "cannot be read; check the path and its permissions"});
    else if (text.str().size() > kMaxFile) loaded.faults.push_back({file, 0, "file", "is larger than 1 MiB; this is no configuration"});
    else return parse_layers(text.str(), file, environment, overlay);
    return loaded;
}

LoadedConfig parse_device(std::string_view json_text, const DeviceConfig& base) {
    LoadedConfig loaded;
    try {
        loaded.config.devices.push_back(read_device(Section(YAML::Load(std::string(json_text)), "", std::string(kRequestFile), loaded.faults), base));
    } catch (const YAML::Exception& problem) {
        loaded.faults.push_back(make_fault("request", problem.mark.line + 1, "syntax", problem.msg));
    }
    return loaded;
}

std::optional<std::string> default_config_file() {
    std::error_code ec;
    for (const char* path : {"./tplink2mqtt.yaml", "/etc/tplink2mqtt/tplink2mqtt.yaml", "/data/options.json"})
        if (std::filesystem::exists(path, ec)) return path;
    return std::nullopt;
}

}  // namespace tplink::gateway
