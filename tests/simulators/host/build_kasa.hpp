#pragma once
// Kasa cameras and their cloud from the options of a configuration.

#include <functional>
#include <memory>
#include <string>

namespace tplink::sim {

class Device;
class KasaStream;
class OptionReader;
struct DeviceOptions;
struct HostShares;

struct BuiltKasa {
    std::unique_ptr<Device> device = {}; ///< null: `kind` is none of these
    std::function<std::unique_ptr<KasaStream>()> make_stream = {};
};
/// Wrong options show in options.error().
BuiltKasa build_kasa(const std::string& kind, const DeviceOptions& common, const std::string& model,
                     OptionReader& options, const HostShares& shares);

} // namespace tplink::sim
