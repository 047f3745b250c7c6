#include "media/rtsp/sender.hpp"

#include <algorithm>

#include "media/viewer_limits.hpp"

namespace tplink::media::rtsp {
namespace {

constexpr std::size_t kInterleavedHead = 4; // "$", channel, length
constexpr std::size_t kMostHead = kInterleavedHead + rtp::kHeaderSize + 3;

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

void interleave(std::span<std::byte, kInterleavedHead> out, unsigned channel, std::size_t size) {
    out[0] = std::byte{'$'};
    out[1] = static_cast<std::byte>(channel);
    store_be16(out.last<2>(), static_cast<std::uint16_t>(size));
}

}  // namespace

Sender::Sender(Routes routes, TcpOutbox& tcp) : tcp_(tcp), origin_(clock_now() - kBurstRoom) {
    for (std::size_t i = 0; i < kTracks; ++i) {
        tracks_[i].route = std::move(routes[i]);
        if (tracks_[i].route) tracks_[i].sequence = tracks_[i].route->first_sequence;
        tracks_[i].last = origin_;
    }
}

bool Sender::has_room(const Track& track, std::size_t burst_left) const {
    if (track.route->udp) return track.route->udp->waiting_bytes() < kMaxWaiting;
    if (tcp_.waiting_bytes() >= kMaxWaiting) return false;
    return burst_left > 0 || tcp_.delay() < kMaxDelay;
}

SteadyTime Sender::time_of(Track& track, const AccessUnit& unit, std::size_t burst_left) const {
    SteadyTime time = unit.shown == SteadyTime{} ? unit.arrival : unit.shown;
    if (burst_left > 0) time = clock_now() - kBurstStep * burst_left;
    time = std::max(time, track.last + kBurstStep);
    track.last = time;
    return time;
}

std::uint32_t Sender::timestamp_at(const Track& track, SteadyTime time) const {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time - origin_).count();
    return track.route->first_timestamp + static_cast<std::uint32_t>(us * track.route->clock_rate / 1'000'000);
}

Taken Sender::deliver(const AccessUnit& unit, std::size_t burst_left) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        const bool video = is_video(unit.codec);
        Track& track = tracks_[video ? 0 : 1];
        if (!track.route) return Taken::taken;
        if (!video && burst_left > 0) return Taken::taken;  // sound of before the burst; the next comes at once
        if (!has_room(track, burst_left)) return Taken::full;
        const SteadyTime time = time_of(track, unit, burst_left);
        if (!track.reported) report(track, time);
        return send(track, make_chunk(track, unit, timestamp_at(track, time))) ? Taken::taken : Taken::full;
    } catch (...) {  // out of memory: this viewer skips, nobody else is touched
        return Taken::full;
    }
}

Chunk Sender::make_chunk(Track& track, const AccessUnit& unit, std::uint32_t timestamp) {
    payloads_.clear();
    rtp::cut_payloads(unit, payloads_);
    const TrackRoute& route = *track.route;
    const std::size_t prefix = route.channel ? kInterleavedHead : 0;
    Chunk chunk;
    chunk.data = unit.data;
    chunk.own.resize(payloads_.size() * kMostHead);
    chunk.pieces.reserve(payloads_.size() * 2);
    std::size_t at = 0;
    for (const rtp::Payload& payload : payloads_) {
        const std::size_t head = prefix + rtp::kHeaderSize + payload.head_size;
        const auto out = std::span(chunk.own).subspan(at, head);
        if (route.channel) interleave(out.first<kInterleavedHead>(), *route.channel, rtp::kHeaderSize + payload.size());
        const bool marker = payload.marker || (unit.codec == Codec::pcma && track.packets == 0);
        rtp::write_header(out.subspan(prefix).first<rtp::kHeaderSize>(),
                          {route.payload_type, marker, track.sequence++, timestamp, route.ssrc});
        std::copy_n(payload.head.begin(), payload.head_size, out.begin() + static_cast<std::ptrdiff_t>(prefix + rtp::kHeaderSize));
        chunk.pieces.push_back({chunk.own.data() + at, head});
        // The kernel's interface takes a non-const pointer and does not write.
        chunk.pieces.push_back({const_cast<std::byte*>(payload.body.data()), payload.body.size()});
        chunk.size += head + payload.body.size();
        at += head;
        ++track.packets;
        track.octets += static_cast<std::uint32_t>(payload.size());
        if (!is_video(unit.codec)) timestamp += static_cast<std::uint32_t>(payload.body.size());
    }
    return chunk;
}

bool Sender::send(Track& track, Chunk chunk) {
    if (chunk.size == 0) return true;
    if (!track.route->udp) return tcp_.send(std::move(chunk));
    track.route->udp->put(std::move(chunk));
    return true;
}

void Sender::report(Track& track, SteadyTime now) {
    const auto wall = std::chrono::system_clock::now() +
                      std::chrono::duration_cast<std::chrono::system_clock::duration>(now - clock_now());
    const auto bytes = rtp::write_sender_report({track.route->ssrc, rtp::ntp_of(wall), timestamp_at(track, now), track.packets, track.octets});
    track.reported = true;
    Chunk chunk;
    const std::size_t prefix = track.route->channel ? kInterleavedHead : 0;
    chunk.own.resize(prefix + bytes.size());
    if (track.route->channel)
        interleave(std::span(chunk.own).first<kInterleavedHead>(), *track.route->channel + 1, bytes.size());
    std::copy(bytes.begin(), bytes.end(), chunk.own.begin() + static_cast<std::ptrdiff_t>(prefix));
    chunk.pieces.push_back({chunk.own.data(), chunk.own.size()});
    chunk.pieces.push_back({chunk.own.data() + chunk.own.size(), 0});
    chunk.size = chunk.own.size();
    if (track.route->udp_rtcp)
        track.route->udp_rtcp->put(std::move(chunk));
    else
        tcp_.send(std::move(chunk));
}

void Sender::report() {
    const std::lock_guard lock(mutex_);
    for (Track& track : tracks_)
        if (track.route && track.packets > 0) report(track, clock_now());
}

std::optional<std::chrono::milliseconds> Sender::send_datagrams() {
    bool more = false;
    for (Track& track : tracks_) {
        if (!track.route || !track.route->udp) continue;
        more = track.route->udp->send_some() || more;
        more = track.route->udp_rtcp->send_some() || more;
    }
    return more ? std::optional(UdpOutbox::kPause) : std::nullopt;
}

}  // namespace tplink::media::rtsp
