#pragma once
// From the hub to one browser: access units become sealed packets on its datagram path, without a thread or a pipeline.

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "media/hub.hpp"
#include "media/rtp/rtp_packet.hpp"
#include "media/rtp/srtp.hpp"

namespace tplink::media::webrtc {

/// Where packets leave. Thread-safe; never blocks.
class PacketOut {
public:
    virtual ~PacketOut() = default;
    /// in: packets one behind the other in `bytes`, their sizes. Returns how many were taken: fewer when the network takes
    /// no more just now. What cannot be sent at all counts as taken: it is lost, as datagrams may be.
    virtual std::size_t send(Bytes bytes, std::span<const std::size_t> sizes) = 0;
};

struct SentVideo {
    std::uint8_t payload_type = 0;
    std::uint32_t ssrc = 0;
    /// Of packets sent again; without it they are repeated as they were. source: RFC 4588
    std::optional<std::uint8_t> again_payload_type;
    std::uint32_t again_ssrc = 0;
};

struct SentSound {
    std::uint8_t payload_type = 0;
    std::uint32_t ssrc = 0;
    bool ulaw = false;  ///< converted from the hub's A-law
};

struct SenderOptions {
    SentVideo video;
    std::optional<SentSound> sound;
    std::shared_ptr<Consumer> other_sound;  ///< takes the sound when `sound` is empty; may be null
    std::string name;                       ///< CNAME
    std::function<void()> wake;             ///< called when something waits that work() has to send; must not block
};

/// deliver() on the hub's thread, hear() on the one that reads RTCP, work() on the pacer's.
class Sender final : public Consumer {
public:
    /// Of one packet with its RTP header, the tag not counted: what browsers use themselves, for tunnels and IPv6.
    static constexpr std::size_t kMaxPacket = 1200;
    /// Sent at once; what is more goes out at kBytesPerSecond: a browser's socket buffer holds some 180 packets.
    static constexpr std::size_t kAtOnce = 64U << 10;
    static constexpr std::size_t kBytesPerSecond = 6'000'000;

    Sender(SenderOptions options, const rtp::SrtpKeys& keys, std::shared_ptr<PacketOut> out);

    Taken deliver(const AccessUnit& unit, std::size_t burst_left) noexcept override;

    /// A decrypted RTCP packet of the browser: what it misses is sent again.
    void hear(Bytes rtcp);

    /// Nothing is sent any more, and the way out is let go.
    void end();

    /// Sends what waits and may go by now, and a report each second. True: more waits.
    bool work(SteadyTime now);

private:
    struct Picture {
        AccessUnit unit;
        std::uint64_t first = 0;  ///< sequence number of its first packet, turnovers counted
        std::size_t packets = 0;
        std::uint32_t timestamp = 0;
        SteadyTime at{};  ///< when it came
    };
    struct Track {
        std::uint32_t ssrc = 0, clock_rate = 90000;
        std::uint64_t next = 0;  ///< sequence number, turnovers counted
        std::uint32_t packets = 0, octets = 0, reports = 0;
        SteadyTime time{};  ///< a moment of the track, and its RTP time
        std::uint32_t timestamp = 0;
        SteadyTime reported{};
    };

    static std::uint32_t timestamp_at(const Track& track, SteadyTime time);
    static void move_to(Track& track, SteadyTime time);
    void report(Track& track, SteadyTime now);

    Taken deliver_video(const AccessUnit& unit, std::size_t burst_left, SteadyTime now);
    void deliver_sound(const AccessUnit& unit, SteadyTime now);
    bool has_room(SteadyTime now) const;
    void refill(SteadyTime now);
    bool send_waiting(SteadyTime now);
    bool send_some(const Picture& picture);
    void forget_old(SteadyTime now);
    const Picture* picture_with(std::uint64_t sequence) const;
    const std::vector<rtp::Payload>& payloads_of(const Picture& picture);
    void send_again(std::uint16_t sequence);
    void begin_batch();
    void add_to_batch(const rtp::Header& header, std::optional<std::uint16_t> prefix, const rtp::Payload& payload, std::uint64_t index);
    std::size_t send_batch();
    std::size_t put(Bytes bytes, std::span<const std::size_t> sizes) { return out_ ? out_->send(bytes, sizes) : sizes.size(); }

    const SenderOptions options_;
    std::mutex mutex_;  // guards everything below
    std::shared_ptr<PacketOut> out_;  ///< null after end()
    rtp::SrtpSealer sealer_;
    Track video_, sound_, again_;
    std::deque<Picture> pictures_;  ///< those kept to be sent again, then those that wait
    std::uint64_t unsent_ = 0;      ///< sequence number of the first packet of video that waits
    std::size_t kept_bytes_ = 0;    ///< of pictures_
    std::size_t allowance_ = kAtOnce, again_allowance_ = kAtOnce;
    SteadyTime refilled_{};
    std::vector<rtp::Payload> payloads_;  ///< of the picture that begins at cut_
    std::optional<std::uint64_t> cut_;
    Buffer batch_;  ///< sealed packets, one behind the other; kept for its memory
    std::size_t batched_ = 0;
    std::vector<std::size_t> sizes_;
};

}  // namespace tplink::media::webrtc
