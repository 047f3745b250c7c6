#pragma once
// All talks under way, so that they can be ended.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/talk/speaker.hpp"

namespace tplink::media {

/// Thread-safe.
class Talks {
public:
    std::shared_ptr<Speaker> begin(const std::string& camera, const stream::MediaEndpoint& endpoint, const SpeakerOptions& options);
    /// Ends the camera's talks; their owners learn of it as of any other end.
    void stop(const std::string& camera);
    void stop_all();
    /// True while somebody talks through this gateway.
    bool is_talking(const std::string& camera) const;

private:
    struct Talk {
        std::string camera;
        std::weak_ptr<Speaker> speaker;
    };
    mutable std::mutex mutex_;
    std::vector<Talk> talks_;
    bool stopped_ = false;
};

}  // namespace tplink::media
