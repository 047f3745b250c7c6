#include "media/hub.hpp"

#include <algorithm>
#include <cassert>

namespace tplink::media {
namespace {

// Far more than kWindow holds at any real frame rate: bounds the window when arrival times stand still.
constexpr std::size_t kMaxWindow = 1024;

} // namespace

void Hub::push(const AccessUnit& unit) {
    assert(unit.data);
    const std::lock_guard lock(mutex_);
    ++stats_.units;
    stats_.bytes += unit.data->size();
    if (is_video(unit.codec))
        push_video(unit);
    else
        push_audio(unit);
}

void Hub::push_video(const AccessUnit& unit) {
    if (unit.keyframe) {
        format_.video = unit.codec;
    } else if (format_.video && *format_.video != unit.codec) {
        // Another codec in the middle of a GOP: nobody can decode it before its keyframe.
        drop_cache();
        for (Seat& seat : seats_) seat.standing = Standing::joining;
        return;
    }
    count_video(unit);
    cache(unit);
    for (Seat& seat : seats_) hand_over(seat, unit, 0);
}

void Hub::push_audio(const AccessUnit& unit) {
    format_.audio = unit.codec;
    format_.audio_rate = unit.sample_rate;
    last_audio_ = unit;
    for (Seat& seat : seats_) hand_over(seat, unit, 0);
}

void Hub::hand_over(Seat& seat, const AccessUnit& unit, std::size_t burst_left) {
    if (!is_video(unit.codec)) {
        // A missing piece of sound is a click, no reason to wait for a keyframe.
        if (seat.consumer->deliver(unit, burst_left) == Taken::full) ++stats_.skipped;
        return;
    }
    if (seat.standing != Standing::following && !unit.keyframe) {
        if (seat.standing == Standing::behind) ++stats_.skipped;
        return;
    }
    if (seat.consumer->deliver(unit, burst_left) == Taken::taken) {
        seat.standing = Standing::following;
    } else {
        seat.standing = Standing::behind;
        ++stats_.skipped;
    }
}

void Hub::cache(const AccessUnit& unit) {
    if (unit.keyframe) {
        drop_cache();
        last_keyframe_ = unit;
    } else if (gop_.empty()) {
        return; // past a limit, or the session has not sent its first keyframe yet
    }
    if (gop_.size() == kMaxUnits || gop_bytes_ + unit.data->size() > kMaxBytes) {
        drop_cache();
        return;
    }
    gop_.push_back(unit);
    gop_bytes_ += unit.data->size();
}

void Hub::drop_cache() {
    gop_.clear();
    gop_bytes_ = 0;
}

void Hub::count_video(const AccessUnit& unit) {
    if (unit.keyframe) {
        ++stats_.keyframes;
        if (previous_keyframe_at_)
            stats_.keyframe_interval_s =
                std::chrono::duration<double>(unit.arrival - *previous_keyframe_at_).count();
        previous_keyframe_at_ = unit.arrival;
    }
    window_.emplace_back(unit.arrival, unit.data->size());
    window_bytes_ += unit.data->size();
    while (window_.size() > kMaxWindow || unit.arrival - window_.front().first > kWindow) {
        window_bytes_ -= window_.front().second;
        window_.pop_front();
    }
}

void Hub::interrupt() {
    const std::lock_guard lock(mutex_);
    drop_cache();
    last_audio_.reset();
    format_ = {};
    window_.clear();
    window_bytes_ = 0;
    previous_keyframe_at_.reset();
    stats_.keyframe_interval_s = 0;
    for (Seat& seat : seats_) seat.standing = Standing::joining;
}

void Hub::attach(std::shared_ptr<Consumer> consumer) {
    assert(consumer);
    const std::lock_guard lock(mutex_);
    if (std::any_of(seats_.begin(), seats_.end(),
                    [&](const Seat& seat) { return seat.consumer == consumer; }))
        return;
    Seat& seat = seats_.emplace_back(Seat{std::move(consumer)});
    // Sound first: a payloader that waits for its caps has them before the large burst.
    std::size_t left = gop_.size();
    if (last_audio_) hand_over(seat, *last_audio_, left);
    for (const AccessUnit& unit : gop_) hand_over(seat, unit, --left);
}

void Hub::detach(const std::shared_ptr<Consumer>& consumer) {
    const std::lock_guard lock(mutex_);
    std::erase_if(seats_, [&](const Seat& seat) { return seat.consumer == consumer; });
}

StreamFormat Hub::format() const {
    const std::lock_guard lock(mutex_);
    return format_;
}

HubStats Hub::stats() const {
    const std::lock_guard lock(mutex_);
    HubStats stats = stats_;
    stats.consumers = seats_.size();
    if (window_.size() < 2) return stats;
    const double span_s = std::chrono::duration<double>(window_.back().first - window_.front().first).count();
    if (span_s <= 0) return stats;
    // n arrivals bound n - 1 intervals; the first unit's bytes came before them.
    stats.fps = static_cast<double>(window_.size() - 1) / span_s;
    stats.bitrate_kbps = static_cast<double>(window_bytes_ - window_.front().second) * 8 / 1000 / span_s;
    return stats;
}

bool Hub::has_keyframe() const {
    const std::lock_guard lock(mutex_);
    return !gop_.empty();
}

std::optional<AccessUnit> Hub::last_keyframe() const {
    const std::lock_guard lock(mutex_);
    return last_keyframe_;
}

} // namespace tplink::media
