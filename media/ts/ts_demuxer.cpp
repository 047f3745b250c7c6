#include "media/ts/ts_demuxer.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

// source: transport_stream.md, "Stream types"; 1B, 24 and 0F are standard, 90 and 91 private
std::optional<Codec> codec_of(std::uint8_t stream_type) {
    switch (stream_type) {
    case 0x1B: return Codec::h264;
    case 0x24: return Codec::h265;
    case 0x0F: return Codec::aac;
    case 0x90: return Codec::pcma;
    case 0x91: return Codec::pcmu;
    default: return std::nullopt;
    }
}

// unverified: the nibble was read in the vendor's app, on the wire only 15 was seen.
std::uint32_t audio_rate(Codec codec, std::uint8_t nibble) {
    if (codec == Codec::aac) return 0; // stands in each of its frames
    if (nibble == 8) return 16000;
    if (nibble == 11) return 8000;
    return codec == Codec::pcma ? 8000 : 16000;
}

void add(VideoTrackStats& sum, const VideoTrackStats& one) {
    sum.corrupt += one.corrupt;
    sum.waiting += one.waiting;
    sum.noise_nal_units += one.noise_nal_units;
    sum.completed_keyframes += one.completed_keyframes;
}

} // namespace

TsStats& TsStats::operator+=(const TsStats& other) {
    packets += other.packets;
    sync_losses += other.sync_losses;
    skipped_bytes += other.skipped_bytes;
    bad_packets += other.bad_packets;
    bad_crc += other.bad_crc;
    continuity_gaps += other.continuity_gaps;
    dropped_units += other.dropped_units;
    ignored_packets += other.ignored_packets;
    cut_by_stuffing += other.cut_by_stuffing;
    clock_jumps += other.clock_jumps;
    missing_stamps += other.missing_stamps;
    add(video, other.video);
    return *this;
}

void TsDemuxer::push(Bytes piece, SteadyTime arrival) {
    arrival_ = arrival;
    sync_.feed(piece);
    for (;;) {
        const auto packet = sync_.next();
        if (sync_.take_loss()) damage_all();
        if (!packet) return;
        on_packet(*packet);
    }
}

void TsDemuxer::end_of_part() {
    if (const auto packet = sync_.flush()) on_packet(*packet);
    for (Track& track : tracks_) {
        if (!track.pes.is_unbounded() || !track.last_was_stuffed || !track.trust_stuffing) continue;
        finish(track);
        track.ended_by_part = true;
    }
}

void TsDemuxer::lost() {
    sync_.drop();
    damage_all();
}

void TsDemuxer::damage_all() {
    tables_.lost();
    for (Track& track : tracks_) {
        damage(track);
        track.counter.reset(); // one loss, counted once
    }
}

void TsDemuxer::on_packet(const PacketSync::Packet& raw) {
    ++counted_.packets;
    const auto packet = parse_ts_packet(raw.bytes);
    if (!packet) {
        // Its header may lie, also about the PID, but the track it names most likely misses it.
        ++counted_.bad_packets;
        if (Track* track = find_track(ts_pid(raw.bytes))) damage(*track);
        return;
    }
    if (packet->pid == kNullPid) return on_null_packet(packet->payload);
    if (tables_.owns(packet->pid)) {
        if (tables_.push(*packet)) set_streams();
        return;
    }
    if (Track* track = find_track(packet->pid))
        on_track_packet(*track, *packet, raw);
    else
        ++counted_.ignored_packets;
}

// source: transport_stream.md, "PES and clocks"
void TsDemuxer::on_null_packet(Bytes payload) {
    constexpr std::byte kUtcTag{0x01};
    constexpr std::byte kEndTag{0x12};
    constexpr std::uint64_t kLatest = std::uint64_t{1} << 32; // year 2106: later is no clock
    if (payload.empty()) return;
    if (payload[0] == kEndTag) end_of_playback_ = true;
    if (payload[0] != kUtcTag || payload.size() < 11) return;
    const std::uint64_t epoch_s = load_be64(payload.subspan<3, 8>());
    if (epoch_s < kLatest) utc_ = WallTime(std::chrono::seconds(static_cast<std::int64_t>(epoch_s)));
}

void TsDemuxer::set_streams() {
    std::vector<Track> tracks;
    ignored_types_.clear();
    unsigned lenses = 0;
    bool has_audio = false;
    for (const PmtStream& stream : tables_.streams()) {
        const auto codec = codec_of(stream.type);
        const bool usable = codec && tracks.size() < kMaxTracks && (is_video(*codec) || !has_audio) &&
                            stream.pid != kNullPid && !tables_.owns(stream.pid) &&
                            std::none_of(tracks.begin(), tracks.end(),
                                         [&](const Track& t) { return t.stream.pid == stream.pid; });
        if (!usable) {
            ignored_types_.push_back(stream.type);
            continue;
        }
        const bool video = is_video(*codec);
        has_audio = has_audio || !video;
        const unsigned lens = video ? lenses++ : 0;
        Track* known = find_track(stream.pid);
        if (known && known->stream == stream && known->prototype.lens == lens) {
            tracks.push_back(std::move(*known));
            known->video.reset(); // what it counted is counted with the track that goes on
            known->pts = {};
            continue;
        }
        Track& track = tracks.emplace_back(Track{.stream = stream,
                                                 .prototype = {},
                                                 .video = std::nullopt,
                                                 .pes = PesAssembler(video ? kMaxVideoUnit : kMaxAudioUnit),
                                                 .pts = {},
                                                 .counter = std::nullopt});
        track.prototype.codec = *codec;
        track.prototype.lens = lens;
        track.prototype.sample_rate = video ? 0 : audio_rate(*codec, stream.nibble);
        if (video) track.video.emplace(*codec);
    }
    for (const Track& old : tracks_) add(gone_, old);
    tracks_ = std::move(tracks);
}

TsDemuxer::Track* TsDemuxer::find_track(std::uint16_t pid) {
    const auto found =
        std::find_if(tracks_.begin(), tracks_.end(), [&](const Track& t) { return t.stream.pid == pid; });
    return found == tracks_.end() ? nullptr : &*found;
}

void TsDemuxer::on_track_packet(Track& track, const TsPacket& packet, const PacketSync::Packet& raw) {
    if (!packet.has_payload) return;
    const Order order = order_of(track, packet, raw.bytes);
    if (order == Order::repeated) return;
    if (order == Order::gap) {
        ++counted_.continuity_gaps;
        damage(track);
    }
    if (packet.unit_start) {
        if (track.pes.is_open()) finish(track);
        track.pes.start();
        track.ended_by_part = false;
    } else if (!track.pes.is_open()) {
        if (!track.ended_by_part || packet.payload.empty()) return; // joined in the middle, or after damage
        ++counted_.cut_by_stuffing;
        track.trust_stuffing = false;
        damage(track);
        return;
    }
    track.arrival = arrival_;
    track.last_was_stuffed = packet.stuffed;
    if (!track.pes.append(packet.payload, packet.payload.size() + raw.ahead)) {
        ++counted_.dropped_units;
        damage(track);
    } else if (track.pes.is_complete()) {
        finish(track);
    }
}

TsDemuxer::Order TsDemuxer::order_of(Track& track, const TsPacket& packet, TsPacketBytes bytes) {
    Order order = Order::next;
    if (track.counter && packet.counter != ((*track.counter + 1U) & 0x0FU)) {
        const bool announced = packet.discontinuity && packet.unit_start;
        const bool same = packet.counter == *track.counter &&
                          std::equal(bytes.begin(), bytes.end(), track.previous.begin());
        if (same) return Order::repeated;
        if (!announced) order = Order::gap;
    }
    track.counter = packet.counter;
    std::copy(bytes.begin(), bytes.end(), track.previous.begin());
    return order;
}

void TsDemuxer::finish(Track& track) {
    auto unit = track.pes.close();
    if (!unit) {
        ++counted_.dropped_units;
        damage(track);
        return;
    }
    AccessUnit out = track.prototype;
    out.pts_90k = track.pts.next(unit->pts);
    out.arrival = track.arrival;
    if (track.video) {
        const UnitKind kind = track.video->take(unit->data);
        if (kind == UnitKind::none) return;
        out.keyframe = kind == UnitKind::keyframe;
    }
    out.data = std::make_shared<const Buffer>(std::move(unit->data));
    sink_(std::move(out));
}

void TsDemuxer::damage(Track& track) {
    if (track.pes.is_open()) ++counted_.dropped_units;
    track.pes.drop();
    track.last_was_stuffed = false;
    track.ended_by_part = false;
    if (track.video) track.video->lost();
}

TsStats TsDemuxer::stats() const {
    TsStats stats = counted_;
    stats += gone_;
    stats.sync_losses = sync_.losses();
    stats.skipped_bytes = sync_.skipped_bytes();
    stats.bad_crc = tables_.bad_crc();
    for (const Track& track : tracks_) add(stats, track);
    return stats;
}

void TsDemuxer::add(TsStats& sum, const Track& track) {
    sum.clock_jumps += track.pts.jumps();
    sum.missing_stamps += track.pts.missing();
    if (track.video) media::add(sum.video, track.video->stats());
}

std::optional<VideoFormat> TsDemuxer::video_format(unsigned lens) const {
    for (const Track& track : tracks_)
        if (track.video && track.prototype.lens == lens) return track.video->format();
    return std::nullopt;
}

} // namespace tplink::media
