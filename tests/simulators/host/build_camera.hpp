#pragma once
// Cameras from the options of a configuration.

#include <memory>
#include <string>

#include "tests/simulators/media/media_server.hpp"

namespace tplink::sim {

class Card;
class Device;
class OptionReader;
struct DeviceOptions;
struct HostShares;

struct BuiltCamera {
    std::unique_ptr<Device> device = {}; ///< null: `kind` is none of these
    std::shared_ptr<Card> card = {}; ///< null: it lists no recordings
    MediaServerOptions media = {}; ///< of its video port; address, port and password are filled in later
};
/// Wrong options show in options.error().
BuiltCamera build_camera(const std::string& kind, const DeviceOptions& common, const std::string& model,
                         OptionReader& options, const HostShares& shares);

} // namespace tplink::sim
