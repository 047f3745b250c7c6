#pragma once
// Transport stream parts of a camera in, access units out.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "media/access_unit.hpp"
#include "media/codec/video_track.hpp"
#include "media/ts/packet_sync.hpp"
#include "media/ts/pes.hpp"
#include "media/ts/program_tables.hpp"

namespace tplink::media {

struct TsStats {
    std::uint64_t packets = 0;         ///< all PIDs
    std::uint64_t sync_losses = 0;     ///< times the next packet had to be searched
    std::uint64_t skipped_bytes = 0;   ///< while searching
    std::uint64_t bad_packets = 0;     ///< marked as damaged, scrambled, impossible lengths
    std::uint64_t bad_crc = 0;         ///< tables
    std::uint64_t continuity_gaps = 0; ///< of audio and video PIDs
    std::uint64_t dropped_units = 0;   ///< begun, but cut, damaged or too large
    std::uint64_t ignored_packets = 0; ///< of PIDs and stream types we do not know
    std::uint64_t cut_by_stuffing = 0; ///< units that went on after end_of_part() had ended them
    std::uint64_t clock_jumps = 0;     ///< stamps far from the one before
    std::uint64_t missing_stamps = 0;  ///< units without one
    VideoTrackStats video;             ///< sum over the lenses

    TsStats& operator+=(const TsStats& other);
};

/// Not thread-safe; one per camera session. Damaged bytes are not passed on: after a loss a video track is
/// silent until its next keyframe. Memory is bounded by one open unit per track.
/// source: transport_stream.md; ISO/IEC 13818-1
class TsDemuxer {
public:
    static constexpr std::size_t kMaxVideoUnit = 4U << 20;  // a 4K keyframe at best quality stays below 1 MB
    static constexpr std::size_t kMaxAudioUnit = 64U << 10; // 4 s of 16 kHz sound
    static constexpr std::size_t kMaxTracks = 4;            // two lenses and one sound are known

    /// Called inside push() and end_of_part(); must not call back.
    using Sink = std::function<void(AccessUnit)>;

    explicit TsDemuxer(Sink sink) : sink_(std::move(sink)) {}

    /// The next piece of the stream; packets may be cut anywhere.
    void push(Bytes piece, SteadyTime arrival);

    /// A multipart part ends here. A unit of unknown length whose last packet was filled up with stuffing
    /// ends too; otherwise it would come only with the next one, 67 ms later at 15 fps. Stops doing so for a
    /// track where such a unit went on in the next part.
    void end_of_part();

    /// Bytes are known to be missing here (a part was dropped): open units go, video waits for a keyframe.
    void lost();

    TsStats stats() const;
    /// Picture size and profile of a lens, once its SPS came.
    std::optional<VideoFormat> video_format(unsigned lens = 0) const;
    /// Stream types of the program that are not passed on, e.g. 0x0F (AAC).
    const std::vector<std::uint8_t>& ignored_types() const { return ignored_types_; }
    /// True when the program's tables came and name no sound that is passed on.
    bool is_silent() const {
        for (const Track& track : tracks_)
            if (!track.video) return false;
        return !tracks_.empty();
    }
    /// How many pictures (lenses) the program has; 0 before its tables came.
    unsigned lens_count() const {
        unsigned count = 0;
        for (const Track& track : tracks_) count += track.video ? 1 : 0;
        return count;
    }
    /// The camera's clock at the GOP that follows, from its latest tag.
    std::optional<WallTime> utc() const { return utc_; }
    /// Recordings: the camera said that nothing more comes.
    bool end_of_playback() const { return end_of_playback_; }

private:
    struct Track {
        PmtStream stream;
        AccessUnit prototype;            // codec, rate, lens
        std::optional<VideoTrack> video; // nothing: audio
        PesAssembler pes;
        PtsUnwrapper pts;
        std::optional<std::uint8_t> counter;
        std::array<std::byte, kTsPacketSize> previous{}; // tells a repeated packet from 16 lost ones
        SteadyTime arrival{};                            // of the last byte
        bool last_was_stuffed = false;
        bool ended_by_part = false; // nothing may follow before the next start
        bool trust_stuffing = true;
    };
    enum class Order { next, repeated, gap };

    void on_packet(const PacketSync::Packet& raw);
    void on_null_packet(Bytes payload);
    void set_streams();
    static void add(TsStats& sum, const Track& track);
    Track* find_track(std::uint16_t pid);
    void on_track_packet(Track& track, const TsPacket& packet, const PacketSync::Packet& raw);
    static Order order_of(Track& track, const TsPacket& packet, TsPacketBytes bytes);
    void finish(Track& track);
    void damage(Track& track);
    void damage_all();

    Sink sink_;
    SteadyTime arrival_{};
    PacketSync sync_;
    ProgramTables tables_;
    std::vector<Track> tracks_;
    std::vector<std::uint8_t> ignored_types_;
    std::optional<WallTime> utc_;
    bool end_of_playback_ = false;
    TsStats counted_;            // what is counted here; stats() adds the parts'
    TsStats gone_; // of tracks that a new table removed
};

} // namespace tplink::media
