#include "media/ingest/intake.hpp"

namespace tplink::media {
namespace {

constexpr std::uint32_t kRate = 8000;

}  // namespace

Intake::Intake(Hubs hubs, IngestEvents events, MakeSoundDecoder make_decoder)
    : hubs_(std::move(hubs)), events_(std::move(events)), make_decoder_(std::move(make_decoder)),
      last_media_(std::chrono::steady_clock::now().time_since_epoch().count()) {}

Intake::~Intake() = default;

void Intake::opened() {
    if (!over_ && events_.opened) events_.opened();
}

void Intake::take(AccessUnit unit) {
    if (over_ || !unit.data || unit.data->empty()) return;
    last_media_ = unit.arrival.time_since_epoch().count();
    if (is_video(unit.codec))
        take_video(std::move(unit));
    else
        take_sound(std::move(unit));
}

void Intake::take_video(AccessUnit unit) {
    if (unit.lens >= kMaxLenses || !hubs_[unit.lens]) return;
    unit.shown = video_clocks_[unit.lens].time_of(unit.pts_90k, unit.arrival);
    hubs_[unit.lens]->push(unit);
    if (unit.keyframe) note_begin(had_keyframe_[unit.lens]);
}

// What RTP and browsers take is G.711 at 8 kHz; the cameras' u-law at 16 kHz only shares its name.
void Intake::take_sound(AccessUnit unit) {
    switch (unit.codec) {
    case Codec::pcma:
        if (unit.sample_rate != 0 && unit.sample_rate != kRate)
            return push_sound(downsampler_.convert(ulaw_from_alaw(*unit.data)), unit.pts_90k, unit.arrival);
        return push_sound(*unit.data, unit.pts_90k, unit.arrival);
    case Codec::pcmu:
        if (unit.sample_rate == kRate) return push_sound(alaw_from_ulaw(*unit.data), unit.pts_90k, unit.arrival);
        return push_sound(downsampler_.convert(*unit.data), unit.pts_90k, unit.arrival);
    case Codec::aac:
        if (!decoder_ && make_decoder_)
            decoder_ = make_decoder_([this](Buffer alaw) {
                const std::int64_t ticks = static_cast<std::int64_t>(alaw.size()) * 90000 / kRate;
                push_sound(std::move(alaw), decoded_pts_, std::chrono::steady_clock::now());
                decoded_pts_ += ticks;
            });
        if (decoder_) decoder_->push(unit);
        return;
    case Codec::h264:
    case Codec::h265: return;
    }
}

void Intake::push_sound(Buffer alaw, std::int64_t pts_90k, SteadyTime arrival) {
    if (alaw.empty() || over_) return;
    {
        const std::lock_guard lock(sound_mutex_);
        AccessUnit unit;
        unit.codec = Codec::pcma;
        unit.sample_rate = kRate;
        unit.pts_90k = pts_90k;
        unit.arrival = arrival;
        unit.shown = sound_clock_.time_of(pts_90k, arrival);
        unit.data = std::make_shared<const Buffer>(std::move(alaw));
        for (const auto& hub : hubs_)
            if (hub) hub->push(unit);
    }
    note_begin(had_sound_);
}

void Intake::note_begin(bool& had) {
    if (had) return;
    had = true;
    if (!over_ && events_.began) events_.began();
}

void Intake::set_program(unsigned lenses, bool silent) {
    const bool changed = lenses_.exchange(lenses) != lenses;
    silent_ = silent;
    if (changed && !over_ && events_.began) events_.began();
}

void Intake::end(Error error) {
    if (!over_.exchange(true) && events_.ended) events_.ended(std::move(error));
}

}  // namespace tplink::media
