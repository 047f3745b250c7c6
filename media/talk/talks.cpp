#include "media/talk/talks.hpp"

#include <algorithm>

#include "protocols/base/random.hpp"

namespace tplink::media {

std::shared_ptr<Speaker> Talks::begin(const std::string& camera, const stream::MediaEndpoint& endpoint, const SpeakerOptions& options) {
    auto speaker = std::make_shared<Speaker>(stream::make_talk_session(endpoint, net::make_tcp_connector(), system_random()), options);
    const std::lock_guard lock(mutex_);
    std::erase_if(talks_, [](const Talk& talk) { return talk.speaker.expired(); });
    talks_.push_back({camera, speaker});
    if (stopped_) speaker->stop();
    return speaker;
}

void Talks::stop(const std::string& camera) {
    const std::lock_guard lock(mutex_);
    for (const Talk& talk : talks_)
        if (talk.camera == camera)
            if (const auto speaker = talk.speaker.lock()) speaker->stop();
}

void Talks::stop_all() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const Talk& talk : talks_)
        if (const auto speaker = talk.speaker.lock()) speaker->stop();
}

bool Talks::is_talking(const std::string& camera) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(talks_.begin(), talks_.end(), [&](const Talk& talk) {
        const auto speaker = talk.speaker.lock();
        return talk.camera == camera && speaker && !speaker->is_over();
    });
}

}  // namespace tplink::media
