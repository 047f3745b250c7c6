#include "media/webrtc/sender.hpp"

#include <algorithm>

#include "media/codec/g711.hpp"
#include "media/rtp/feedback.hpp"
#include "media/viewer_limits.hpp"
#include "protocols/base/random.hpp"

namespace tplink::media::webrtc {
namespace {

constexpr std::chrono::seconds kReportEvery{1};
// Sound runs on by its samples; when it stopped for longer than this, its clock is set anew.
constexpr std::chrono::milliseconds kSoundGap{200};
// What may be asked for again: a browser gives up sooner.
constexpr std::chrono::seconds kKept{2};
constexpr std::size_t kMostKept = 4U << 20;
constexpr std::size_t kBatch = 40;  // packets in one call to the network
constexpr std::size_t kOriginal = 2;  // in front of what is sent again: the sequence number it had
constexpr std::size_t kMaxPayload = Sender::kMaxPacket - rtp::kHeaderSize - kOriginal;
constexpr std::size_t kBatchBytes = kBatch * (Sender::kMaxPacket + rtp::SrtpSealer::kMostRtpGrowth);

std::uint32_t random_32() {
    const Buffer random = system_random().bytes(4);
    return load_be32(std::span<const std::byte, 4>(random.data(), 4));
}

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

std::size_t less(std::size_t from, std::size_t by) { return from > by ? from - by : 0; }

}  // namespace

Sender::Sender(SenderOptions options, const rtp::SrtpKeys& keys, std::shared_ptr<PacketOut> out)
    : options_(std::move(options)), out_(std::move(out)), sealer_(keys), refilled_(clock_now()) {
    video_.ssrc = options_.video.ssrc;
    again_.ssrc = options_.video.again_ssrc;
    if (options_.sound) sound_.ssrc = options_.sound->ssrc;
    sound_.clock_rate = 8000;
    for (Track* track : {&video_, &sound_, &again_}) {
        track->timestamp = random_32();
        track->next = random_32() & 0x7FFFU;  // far from its turnover: the receiver counts turnovers from the first packet it sees
        track->time = refilled_ - kBurstRoom;
    }
    unsent_ = video_.next;
    batch_.resize(kBatchBytes);
}

std::uint32_t Sender::timestamp_at(const Track& track, SteadyTime time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time - track.time).count();
    return track.timestamp + static_cast<std::uint32_t>(us * track.clock_rate / 1'000'000);
}

void Sender::move_to(Track& track, SteadyTime time) {
    track.timestamp = timestamp_at(track, time);
    track.time = time;
}

Taken Sender::deliver(const AccessUnit& unit, std::size_t burst_left) noexcept {
    try {
        const bool video = is_video(unit.codec);
        if (!video && !options_.sound) return options_.other_sound ? options_.other_sound->deliver(unit, burst_left) : Taken::taken;
        const SteadyTime now = clock_now();
        const std::lock_guard lock(mutex_);
        if (video) return deliver_video(unit, burst_left, now);
        if (burst_left == 0) deliver_sound(unit, now);  // else of before the burst; the next comes at once
        return Taken::taken;
    } catch (...) {  // out of memory: this viewer skips, nobody else is touched
        return Taken::full;
    }
}

bool Sender::has_room(SteadyTime now) const {
    if (kept_bytes_ >= kMaxWaiting) return false;
    const Picture* oldest = picture_with(unsent_);
    return oldest == nullptr || now - oldest->at < kMaxDelay;
}

Taken Sender::deliver_video(const AccessUnit& unit, std::size_t burst_left, SteadyTime now) {
    forget_old(now);
    if (!has_room(now)) return Taken::full;
    SteadyTime time = unit.shown == SteadyTime{} ? unit.arrival : unit.shown;
    if (burst_left > 0) time = now - kBurstStep * burst_left;
    move_to(video_, std::max(time, video_.time + kBurstStep));
    if (video_.reports == 0) report(video_, now);
    Picture picture{unit, video_.next, 0, video_.timestamp, now};
    cut_.reset();
    picture.packets = payloads_of(picture).size();
    if (picture.packets == 0) return Taken::taken;
    pictures_.push_back(std::move(picture));
    kept_bytes_ += unit.data->size();
    video_.next += pictures_.back().packets;
    if (send_waiting(now) && options_.wake) options_.wake();
    return Taken::taken;
}

void Sender::deliver_sound(const AccessUnit& unit, SteadyTime now) {
    const SteadyTime time = unit.shown == SteadyTime{} ? unit.arrival : unit.shown;
    const bool begins = sound_.packets == 0;
    if (begins || time - sound_.time > kSoundGap) move_to(sound_, time);
    if (begins) report(sound_, now);
    const Buffer converted = options_.sound->ulaw ? ulaw_from_alaw(*unit.data) : Buffer{};
    begin_batch();
    rtp::Payload payload;
    for (Bytes rest = options_.sound->ulaw ? Bytes(converted) : Bytes(*unit.data); !rest.empty() && sizes_.size() < kBatch; rest = rest.subspan(payload.body.size())) {
        payload.body = rest.first(std::min(rest.size(), kMaxPayload));
        const bool marker = begins && sizes_.empty();
        add_to_batch({options_.sound->payload_type, marker, static_cast<std::uint16_t>(sound_.next), sound_.timestamp, sound_.ssrc}, {}, payload, sound_.next);
        ++sound_.next;
        ++sound_.packets;
        sound_.octets += static_cast<std::uint32_t>(payload.size());
        sound_.timestamp += static_cast<std::uint32_t>(payload.size());
    }
    sound_.time = time + std::chrono::microseconds(1'000'000 / sound_.clock_rate) * unit.data->size();
    send_batch();  // what is not taken is lost: late sound is of no use
}

void Sender::refill(SteadyTime now) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now - refilled_).count();
    if (us <= 0) return;
    const std::size_t more = static_cast<std::size_t>(std::min<std::int64_t>(us, 1'000'000)) * (kBytesPerSecond / 1'000'000);
    allowance_ = std::min(kAtOnce, allowance_ + more);
    again_allowance_ = std::min(kAtOnce, again_allowance_ + more);
    refilled_ = now;
}

const Sender::Picture* Sender::picture_with(std::uint64_t sequence) const {
    const auto after = std::upper_bound(pictures_.begin(), pictures_.end(), sequence, [](std::uint64_t s, const Picture& p) { return s < p.first; });
    if (after == pictures_.begin()) return nullptr;
    const Picture& picture = *std::prev(after);
    return sequence < picture.first + picture.packets ? &picture : nullptr;
}

const std::vector<rtp::Payload>& Sender::payloads_of(const Picture& picture) {
    if (cut_ == picture.first) return payloads_;
    cut_.reset();
    payloads_.clear();
    rtp::cut_payloads(picture.unit, payloads_, kMaxPayload);
    cut_ = picture.first;
    return payloads_;
}

bool Sender::send_waiting(SteadyTime now) {
    refill(now);
    while (unsent_ < video_.next && allowance_ > 0) {
        const Picture* picture = picture_with(unsent_);
        if (picture == nullptr || !send_some(*picture)) break;
    }
    return unsent_ < video_.next;
}

bool Sender::send_some(const Picture& picture) {
    const auto& payloads = payloads_of(picture);
    begin_batch();
    std::size_t bytes = 0;
    for (std::size_t i = unsent_ - picture.first; i < payloads.size() && sizes_.size() < kBatch && bytes < allowance_; ++i) {
        const std::uint64_t sequence = picture.first + i;
        add_to_batch({options_.video.payload_type, payloads[i].marker, static_cast<std::uint16_t>(sequence), picture.timestamp, video_.ssrc}, {}, payloads[i], sequence);
        bytes += sizes_.back();
    }
    const std::size_t taken = send_batch();
    for (std::size_t i = 0; i < taken; ++i) {
        video_.octets += static_cast<std::uint32_t>(payloads[unsent_ - picture.first + i].size());
        allowance_ = less(allowance_, sizes_[i]);
    }
    video_.packets += static_cast<std::uint32_t>(taken);
    unsent_ += taken;
    return taken == sizes_.size();
}

void Sender::forget_old(SteadyTime now) {
    while (!pictures_.empty()) {
        const Picture& oldest = pictures_.front();
        if (oldest.first + oldest.packets > unsent_) return;
        if (now - oldest.at < kKept && kept_bytes_ < kMostKept) return;
        kept_bytes_ -= oldest.unit.data->size();
        pictures_.pop_front();
    }
}

void Sender::hear(Bytes rtcp) {
    const auto missing = rtp::parse_nacks(rtcp);
    if (missing.empty()) return;
    const std::lock_guard lock(mutex_);
    refill(clock_now());
    for (const rtp::Missing& one : missing)
        if (one.ssrc == video_.ssrc) send_again(one.sequence);
}

void Sender::send_again(std::uint16_t sequence) {
    const std::uint64_t back = static_cast<std::uint16_t>(unsent_ - sequence);
    if (back == 0 || back > unsent_ || again_allowance_ == 0) return;
    const std::uint64_t whole = unsent_ - back;
    const Picture* picture = picture_with(whole);
    if (picture == nullptr) return;
    const rtp::Payload& payload = payloads_of(*picture)[whole - picture->first];
    begin_batch();
    if (options_.video.again_payload_type) {
        add_to_batch({*options_.video.again_payload_type, payload.marker, static_cast<std::uint16_t>(again_.next), picture->timestamp, again_.ssrc}, sequence, payload, again_.next);
        ++again_.next;
    } else {
        add_to_batch({options_.video.payload_type, payload.marker, sequence, picture->timestamp, video_.ssrc}, {}, payload, whole);
    }
    again_allowance_ = less(again_allowance_, sizes_.back());
    send_batch();
}

void Sender::end() {
    const std::lock_guard lock(mutex_);
    out_.reset();
}

bool Sender::work(SteadyTime now) {
    const std::lock_guard lock(mutex_);
    for (Track* track : {&video_, &sound_})
        if (track->packets > 0 && now - track->reported >= kReportEvery) report(*track, now);
    forget_old(now);
    return send_waiting(now);
}

void Sender::report(Track& track, SteadyTime now) {
    const auto wall = std::chrono::system_clock::now();
    Buffer packet = rtp::write_report_with_name({track.ssrc, rtp::ntp_of(wall), timestamp_at(track, now), track.packets, track.octets}, options_.name);
    sealer_.seal_rtcp(packet, ++track.reports);
    track.reported = now;
    const std::size_t size = packet.size();
    put(packet, std::span(&size, 1));
}

void Sender::begin_batch() {
    batched_ = 0;
    sizes_.clear();
}

void Sender::add_to_batch(const rtp::Header& header, std::optional<std::uint16_t> prefix, const rtp::Payload& payload, std::uint64_t index) {
    const std::span<std::byte> room = std::span(batch_).subspan(batched_);
    rtp::write_header(room.first<rtp::kHeaderSize>(), header);
    std::size_t size = rtp::kHeaderSize;
    if (prefix) {
        store_be16(room.subspan(size).first<2>(), *prefix);
        size += kOriginal;
    }
    const auto append_bytes = [&](Bytes bytes) {
        std::copy(bytes.begin(), bytes.end(), room.begin() + static_cast<std::ptrdiff_t>(size));
        size += bytes.size();
    };
    append_bytes(Bytes(payload.head).first(payload.head_size));
    append_bytes(payload.body);
    sizes_.push_back(sealer_.seal_rtp(room, size, index));
    batched_ += sizes_.back();
}

std::size_t Sender::send_batch() { return sizes_.empty() ? 0 : put(Bytes(batch_).first(batched_), sizes_); }

}  // namespace tplink::media::webrtc
