#pragma once
// A viewer's hold on a running stream.

#include <functional>
#include <memory>
#include <mutex>

#include "media/hub.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

/// While it lives, the camera session does. Made when the stream is live; the owner drops it when the viewer leaves.
class Viewing {
public:
    Viewing(std::shared_ptr<Hub> hub, const StreamFormat& format) : hub_(std::move(hub)), format_(format) {}
    virtual ~Viewing() = default;
    Viewing(const Viewing&) = delete;
    Viewing& operator=(const Viewing&) = delete;

    Hub& hub() const { return *hub_; }
    const StreamFormat& format() const { return format_; }

    /// `close` is called once, on any thread, when the viewer has to leave (privacy, camera removed, shut-down);
    /// at once when that has already happened. It must not block and must not drop the last reference to this.
    void on_revoked(std::function<void()> close) {
        {
            const std::lock_guard lock(mutex_);
            if (!revoked_) {
                close_ = std::move(close);
                return;
            }
        }
        close();
    }

    void revoke() {
        std::function<void()> close;
        {
            const std::lock_guard lock(mutex_);
            revoked_ = true;
            close.swap(close_);
        }
        if (close) close();
    }

private:
    std::shared_ptr<Hub> hub_;
    StreamFormat format_;
    std::mutex mutex_;  // guards the two below: revoke() comes from another thread
    std::function<void()> close_;
    bool revoked_ = false;
};

/// Why nobody may watch just now.
struct Denial {
    bool viewer_limit = false;  ///< too many viewers; else the camera cannot be had
    Error error;
    bool no_such_stream = false;  ///< the camera runs, but has not what was asked for (a second lens)
};

/// Opens a viewing: starts the camera session when there is none and waits until it is live. Blocking, bounded.
using OpenViewing = std::function<tl::expected<std::shared_ptr<Viewing>, Denial>()>;

}  // namespace tplink::media
