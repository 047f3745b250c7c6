#include "media/still/stills.hpp"

#include <malloc.h>

#include <algorithm>
#include <vector>

#include "media/still/jpeg.hpp"

namespace tplink::media {
namespace {

constexpr std::chrono::seconds kKept{30};  // who shows tiles asks again within that time

// Takes what the hub has cached and wants no more.
class GopCollector : public Consumer {
public:
    Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept override {
        if (!is_video(unit.codec)) return Taken::taken;
        if (done_) return Taken::full;
        try {
            units_.push_back(unit);
        } catch (...) {
            done_ = true;
        }
        if (burst_left == 0) done_ = true;
        return Taken::taken;
    }
    const std::vector<AccessUnit>& units() const { return units_; }

private:
    std::vector<AccessUnit> units_;
    bool done_ = false;
};

WallTime wall_time(SteadyTime arrival) {
    const auto age = std::chrono::steady_clock::now() - arrival;
    return std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::system_clock::duration>(age);
}

}  // namespace

Stills::Stills(const std::string& program) : process_(program.empty() ? nullptr : std::make_unique<PictureProcess>(PictureProgram{.path = program})) {}

void Stills::stop() {
    if (process_) process_->stop();
}

std::optional<SteadyTime> Stills::rest(SteadyTime now) {
    const auto process = process_ ? process_->rest(now) : std::nullopt;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock || made_.empty()) return process;  // at work: it is asked again afterwards
    const SteadyTime stale = made_at_ + kKept;
    if (now < stale) return process ? std::min(*process, stale) : stale;
    made_.clear();
    return process;
}

Result<Buffer> Stills::encode(std::span<const AccessUnit> units, unsigned width) {
    if (process_) return process_->encode(units, width);
    auto jpeg = encode_jpeg(units, width);
    malloc_trim(0);  // a decoder takes tens of megabytes for one picture; unasked, the allocator keeps them
    return jpeg;
}

Result<Still> Stills::of_keyframe(const Hub& hub, unsigned width) {
    const auto keyframe = hub.last_keyframe();
    if (!keyframe) return fail(Errc::refused, "there is no picture of this camera yet");
    return make(std::span(&*keyframe, 1), width);
}

Result<Still> Stills::of_newest(Hub& hub, unsigned width) {
    const auto collector = std::make_shared<GopCollector>();
    hub.attach(collector);
    hub.detach(collector);
    if (collector->units().empty()) return of_keyframe(hub, width);
    return make(collector->units(), width);
}

Result<Still> Stills::make(std::span<const AccessUnit> units, unsigned width) {
    const AccessUnit& last = units.back();
    const std::lock_guard lock(mutex_);
    for (const Made& made : made_)
        if (made.of == last.data && made.width == width) return made.still;
    Still still{TRY(encode(units, width)), wall_time(last.arrival)};
    made_.push_back(Made{last.data, width, still});
    if (made_.size() > kMaxMade) made_.pop_front();
    made_at_ = std::chrono::steady_clock::now();
    return still;
}

}  // namespace tplink::media
