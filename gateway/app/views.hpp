#pragma once
// A device as the outside sees it: on the API, in MQTT discovery, in bridge/devices.

#include <boost/json/object.hpp>
#include <string>

#include "gateway/device/device_view.hpp"
#include "gateway/mqtt/homeassistant.hpp"
#include "gateway/mqtt/time_text.hpp"

namespace tplink::gateway {

/// "a8:42:a1:00:11:22"; empty stays empty.
std::string colon_mac(std::string_view mac);
/// "Hallway camera" -> "hallway-camera": lower-case words joined by dashes; empty when nothing is left.
std::string slug(std::string_view name);

/// gateway/web/DEVICE.md; `media`: what the video part says, null for a device without video.
json::object api_device(const DeviceView& view, json::value media);

/// For Home Assistant. `with_video`: a camera whose pictures we serve.
DeviceDescription describe_device(const DeviceView& view, bool with_video);

/// `stream_state` and `stream_info` from the video facts of the API (ha-mqtt page 4): what Home Assistant shows of video.
void add_stream_state(json::object& state, const json::object& facts);

/// Entry of bridge/devices.
json::object bridge_entry(const DeviceView& view);

}  // namespace tplink::gateway
