// Any bytes as configuration, as environment and as a devices[] entry: nothing thrown, every fault says where
// and what, and what has no fault keeps the limits the rest of the gateway relies on.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/config/configuration.hpp"

using namespace tplink::gateway;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_device(const DeviceConfig& device) {
    require(!device.host.empty() || !device.mac.empty());
    require(device.mac.empty() || device.mac.size() == 12);
    require(device.poll.count() >= 0 && device.poll.count() <= 86400);
}

void check(const LoadedConfig& loaded) {
    for (const ConfigFault& fault : loaded.faults) {
        require(!fault.file.empty() && !fault.key.empty() && !fault.message.empty() && fault.line >= 0);
        require(fault.text().find(": ") != std::string::npos);
        const std::string line = fault.text();
        require(line.size() < 2048); // one line each, whatever was quoted
        require(std::none_of(line.begin(), line.end(),
                             [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
    if (!loaded.faults.empty()) return;
    const Config& config = loaded.config;
    std::for_each(config.devices.begin(), config.devices.end(), check_device);
    if (config.devices.size() > 0 && config.mqtt.host.empty()) return; // one entry alone: parse_device
    require(!config.mqtt.base_topic.empty() &&
            config.mqtt.base_topic.find_first_of("+#") == std::string::npos);
    require(config.mqtt.port > 0 && config.onvif.port > 0);
    require(config.webrtc.port_min > 0 && config.webrtc.port_min <= config.webrtc.port_max);
    require(!config.http.listen.address.empty() && !config.rtsp.listen.address.empty());
    require(config.media.viewers_max >= 1 && config.media.viewers_max <= 1000);
    require(config.discovery.interval.count() >= 10);
}

} // namespace

/// The text up to the first NUL is the file; each NUL begins an environment variable, given without its
/// prefix.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    const std::string text = input.substr(0, input.find('\0'));
    Environment environment;
    for (auto at = input.find('\0'); at != std::string::npos; at = input.find('\0', at + 1)) {
        const std::string entry = input.substr(at + 1, input.find('\0', at + 1) - at - 1);
        const auto equals = entry.find('=');
        if (equals != std::string::npos)
            environment["TPLINK2MQTT__" + entry.substr(0, equals)] = entry.substr(equals + 1);
    }
    check(parse_config(text, "fuzz.yaml", environment));
    check(parse_device(text));
    return 0;
}
