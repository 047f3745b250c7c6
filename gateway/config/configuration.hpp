#pragma once
// What the user wrote, checked and with defaults filled in (public: contract section 3).

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/secret.hpp"

namespace tplink::gateway {

enum class DiscoveryForm { device, component, off };
enum class Family { automatic, tapo_camera, vigi_camera, kasa_camera, tapo_plug, kasa_plug };
enum class StreamChoice { hd, sd, both, off };
enum class VideoSource { automatic, native, rtsp };
enum class Tristate { automatic, yes, no };
enum class KasaControl { automatic, local, cloud, none };
enum class LogFormat { text, json };

std::string_view to_string(Family family);

struct MqttConfig {
    std::string host;  ///< empty: the add-on's Supervisor is asked
    std::uint16_t port = 1883;
    std::string username;
    Secret password;
    bool tls = false;
    std::string ca_file, client_cert, client_key;
    std::string base_topic = "tplink2mqtt";
    std::string discovery_prefix = "homeassistant";
    DiscoveryForm discovery = DiscoveryForm::device;
    bool raw = false;  ///< requests passed on to devices as they are
    bool operator==(const MqttConfig&) const = default;
};

/// "address:port" split up.
struct Listen {
    std::string address;
    std::uint16_t port = 0;
    bool is_loopback() const;
    bool operator==(const Listen&) const = default;
};

struct HttpConfig {
    Listen listen{"0.0.0.0", 8745};
    std::string username = "admin";
    Secret password;
    std::string ssl_cert, ssl_key;  ///< PEM files; both or none. With them it is HTTPS
    bool operator==(const HttpConfig&) const = default;
};

struct RtspConfig {
    bool enabled = true;
    Listen listen{"0.0.0.0", 8654};
    std::string username;  ///< empty: the user of http
    Secret password;
    bool operator==(const RtspConfig&) const = default;
};

struct WebrtcConfig {
    std::uint16_t port_min = 8660, port_max = 8759;
    std::vector<std::string> candidates;
    bool operator==(const WebrtcConfig&) const = default;
};

struct OnvifConfig {
    bool enabled = true;
    std::uint16_t port = 8746;
    bool operator==(const OnvifConfig&) const = default;
};

struct MediaConfig {
    bool transcode = false;
    unsigned viewers_max = 32;
    std::chrono::seconds linger{15};
    std::chrono::seconds battery_view_limit{300};
    std::chrono::seconds battery_day_limit{3600};
    bool operator==(const MediaConfig&) const = default;
};

struct DiscoveryConfig {
    bool enabled = true;
    std::vector<std::string> targets;  ///< hosts or CIDRs
    std::chrono::seconds interval{600};
    bool adopt = true;
    bool operator==(const DiscoveryConfig&) const = default;
};

/// An application key pair; empty: the built-in one.
struct CloudKeyConfig {
    std::string access_key;
    Secret secret;
    bool operator==(const CloudKeyConfig&) const = default;
};

struct CloudConfig {
    bool enabled = false;
    std::string url, ca_file;
    CloudKeyConfig login_key, passthrough_key;
    bool operator==(const CloudConfig&) const = default;
};

struct LogConfig {
    std::string level = "info";  ///< trace | debug | info | warning | error
    LogFormat format = LogFormat::text;
    bool operator==(const LogConfig&) const = default;
};

/// DeviceConfig::poll of a device that is never asked by itself.
inline constexpr std::chrono::seconds kNeverPolled{-1};

/// One entry of devices[].
struct DeviceConfig {
    std::string name;
    std::string host;  ///< host or mac is given
    std::string mac;   ///< normalised: 12 lower hex digits, or empty
    Family family = Family::automatic;
    std::optional<Credentials> credentials;  ///< else the account
    Credentials camera_account;
    std::uint16_t port = 0, media_port = 0, state_port = 0, talk_port = 0;
    StreamChoice stream = StreamChoice::hd;
    VideoSource video_source = VideoSource::automatic;
    Tristate battery = Tristate::automatic;
    KasaControl control = KasaControl::automatic;
    std::chrono::seconds poll{0};
    std::vector<std::string> exclude;  ///< capability ids not published
    bool operator==(const DeviceConfig&) const = default;
};

struct Config {
    MqttConfig mqtt;
    Credentials account;
    CloudConfig cloud;
    bool local_only = false;
    DiscoveryConfig discovery;
    HttpConfig http;
    RtspConfig rtsp;
    WebrtcConfig webrtc;
    OnvifConfig onvif;
    MediaConfig media;
    LogConfig log;
    std::string state_dir = "/var/lib/tplink2mqtt";
    std::vector<DeviceConfig> devices;
    bool operator==(const Config&) const = default;
};

/// One fault: "FILE:LINE: key: what is wrong, what is allowed".
struct ConfigFault {
    std::string file;
    int line = 0;  ///< from 1; 0 when it concerns no line (environment, missing key)
    std::string key, message;
    std::string text() const;
};

struct LoadedConfig {
    Config config;
    std::vector<ConfigFault> faults;  ///< empty: usable
};

using Environment = std::map<std::string, std::string>;

/// Parses YAML (and so JSON) text; password_file entries are read; TPLINK2MQTT__SECTION__KEY variables override.
/// Never throws: whatever is wrong becomes a fault with its line.
LoadedConfig parse_config(std::string_view text, const std::string& file, const Environment& environment);

/// The same from a file. A file that cannot be read is one fault.
LoadedConfig load_config(const std::string& file, const Environment& environment);

/// ConfigFault::file of what came by a request and not from a file.
inline constexpr std::string_view kRequestFile = "request";

/// One devices[] entry given as JSON text (device/add), or the keys of one that change `base`. errors as faults.
LoadedConfig parse_device(std::string_view json_text, const DeviceConfig& base = {});

/// First of ./tplink2mqtt.yaml, /etc/tplink2mqtt/tplink2mqtt.yaml, /data/options.json that exists.
std::optional<std::string> default_config_file();

}  // namespace tplink::gateway
