#pragma once
// One RTSP viewer's end of the hub: access units become RTP on its transport.

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "media/hub.hpp"
#include "media/rtp/rtp_packet.hpp"
#include "media/rtsp/outbox.hpp"

namespace tplink::media::rtsp {

/// Where the packets of one track go.
struct TrackRoute {
    std::uint8_t payload_type = 0;
    unsigned clock_rate = 90000;
    std::uint32_t ssrc = 0;
    std::uint16_t first_sequence = 0;
    std::uint32_t first_timestamp = 0;  ///< RTP time of Sender's origin
    std::optional<unsigned> channel;    ///< over TCP
    std::unique_ptr<UdpOutbox> udp, udp_rtcp;
};

/// deliver() on the hub's thread, the rest on the connection's.
class Sender final : public Consumer {
public:
    static constexpr std::size_t kTracks = 2;  ///< pictures, sound
    using Routes = std::array<std::optional<TrackRoute>, kTracks>;

    /// tcp: outlives this; used by tracks with a channel.
    Sender(Routes routes, TcpOutbox& tcp);

    Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept override;

    /// Sends what datagrams are due; how long to wait for the next ones, nothing: none wait.
    std::optional<std::chrono::milliseconds> send_datagrams();
    /// Tells the receiver how RTP time and wall clock go together; to be called each few seconds.
    void report();
    /// RTP time of `origin` for RTP-Info.
    std::uint32_t origin_timestamp(std::size_t track) const { return tracks_[track].route->first_timestamp; }

private:
    struct Track {
        std::optional<TrackRoute> route;
        std::uint16_t sequence = 0;
        SteadyTime last{};       ///< time of the last unit sent
        std::uint32_t packets = 0, octets = 0;
        bool reported = false;
    };

    bool has_room(const Track& track, std::size_t burst_left) const;
    SteadyTime time_of(Track& track, const AccessUnit& unit, std::size_t burst_left) const;
    std::uint32_t timestamp_at(const Track& track, SteadyTime time) const;
    Chunk make_chunk(Track& track, const AccessUnit& unit, std::uint32_t timestamp);
    bool send(Track& track, Chunk chunk);
    void report(Track& track, SteadyTime now);

    std::mutex mutex_;  // deliver() and report()
    TcpOutbox& tcp_;
    const SteadyTime origin_;  ///< a little in the past: the burst begins before now
    std::array<Track, kTracks> tracks_;
    std::vector<rtp::Payload> payloads_;  ///< of the unit in work; kept for its memory
};

}  // namespace tplink::media::rtsp
