#pragma once
// Plugs, strips, switches and bulbs from the options of a configuration.

#include <memory>
#include <string>

namespace tplink::sim {

class Device;
class OptionReader;
struct DeviceOptions;

/// Null when `kind` is none of these. Wrong options show in options.error().
std::unique_ptr<Device> build_plug(const std::string& kind, const DeviceOptions& common,
                                   const std::string& model, OptionReader& options);

} // namespace tplink::sim
