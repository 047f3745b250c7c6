// What a camera answers to PullMessages.
#include <cstdint>
#include <cstdlib>

#include "protocols/onvif/notification.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink::onvif;
    const auto reply = parse_reply({reinterpret_cast<const char*>(data), size});
    if (!reply) return 0;
    const auto all = notifications(*reply);
    if (all.size() > 500) std::abort();
    for (const Notification& notification : all)
        for (const Detection& detection : detections(notification))
            if (detection.kind.empty()) std::abort();
    return 0;
}
