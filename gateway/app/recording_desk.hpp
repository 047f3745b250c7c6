#pragma once
// What cameras' cards hold, in our time: listed over the control connection, fetched over the video port.

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "gateway/app/registry.hpp"
#include "gateway/app/video.hpp"
#include "protocols/stream/recordings.hpp"

namespace tplink::gateway {

/// A recording as the camera names it, and when that was by our clock. Seconds since 1970.
struct ListedRecording {
    std::string rid;  ///< "1789688911-1789688971": what a download asks for, by the camera's clock
    std::int64_t start_s = 0, end_s = 0;
    bool motion = false;
};

/// Thread-safe. Blocks while the camera answers.
class RecordingDesk {
public:
    explicit RecordingDesk(Registry& registry, const Clock& clock = system_clock()) : registry_(registry), clock_(clock) {}

    /// date: "2026-09-18" in the gateway's time zone. errors: those of stream::list_recordings.
    Result<std::vector<ListedRecording>> of_day(const std::string& id, const std::string& date);
    /// month: "2026-09". Days like "2026-09-18", in order. errors: those of stream::list_days.
    Result<std::vector<std::string>> days(const std::string& id, const std::string& month);

    /// Nothing for words that are no recording's.
    static std::optional<VideoSpan> span_of(const std::string& rid);
    /// The camera may still be writing it.
    bool is_too_young(const std::string& id, const VideoSpan& span);
    /// Names the user id to a camera that wants one; a refused one is fetched again, once.
    template <class Fetch> auto fetch(const std::string& id, VideoSpan span, Fetch fetch) -> decltype(fetch(span)) {
        const bool named = stream::needs_user_id(playback_version(id));
        for (bool again = false;; again = true) {
            if (named) span.client_id = TRY(user_of(id, again));
            auto fetched = fetch(span);
            if (fetched || !named || again || !is_stale(fetched.error())) return fetched;
        }
    }

private:
    struct Known {
        std::optional<std::int64_t> user;  ///< the id that the camera gave us for its card
        std::optional<std::int64_t> offset_s;  ///< its clock against ours
    };
    static bool is_stale(const Error& error);
    Result<std::int64_t> user_of(const std::string& id, bool fresh);
    std::int64_t offset_of(const std::string& id);
    std::int64_t ask_offset(const std::string& id);
    int playback_version(const std::string& id) const;
    stream::AskCamera asking(const std::string& id);
    std::int64_t now_s() const;

    Registry& registry_;
    const Clock& clock_;
    std::mutex mutex_;  // guards known_
    std::map<std::string, Known> known_;
};

}  // namespace tplink::gateway
