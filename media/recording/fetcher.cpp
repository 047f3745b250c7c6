#include "media/recording/fetcher.hpp"

#include <algorithm>
#include <deque>

#include "media/codec/g711.hpp"
#include "media/codec/sps.hpp"
#include "media/recording/mp4_writer.hpp"
#include "media/ts/ts_demuxer.hpp"
#include "protocols/base/random.hpp"
#include "protocols/error_codes.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;
using stream::RecordingDownload;
using Nanoseconds = std::chrono::nanoseconds;

constexpr std::size_t kMaxHeld = 64U << 20;  // bytes kept until it is known whether there is sound
constexpr auto kEarliestSound = -500ms, kLatestSound = 1000ms;  // beyond, the clocks cannot be believed

Nanoseconds of_ticks(std::int64_t ticks_90k) { return Nanoseconds(ticks_90k * 100000 / 9); }

/// Places units on the file's time and writes them.
class Assembler {
public:
    Assembler(std::string file, std::shared_ptr<Arrival> arrival)
        : file_(std::move(file)), arrival_(std::move(arrival)), demuxer_([this](AccessUnit unit) { take(std::move(unit)); }) {}

    Result<void> take_piece(const stream::MediaPart& part) {
        clock_ms_ = part.clock_ms;
        demuxer_.push(part.data, std::chrono::steady_clock::now());
        demuxer_.end_of_part();
        return std::exchange(problem_, Result<void>{});
    }

    Result<FetchStats> finish() {
        TRY_VOID(begin(true));
        if (!writer_) return fail(Errc::malformed, "the recording has no picture that can be shown");
        TRY_VOID(writer_->finish());
        return stats_;
    }

private:
    void take(AccessUnit unit) {
        if (unit.lens != 0 || unit.codec == Codec::aac || !problem_) return;
        if (is_video(unit.codec)) {
            if (!video_) video_ = Begin{unit.pts_90k, clock_ms_, unit.codec};
            ++stats_.frames;
        } else {
            if (!audio_) audio_ = Begin{unit.pts_90k, clock_ms_, unit.codec};
            if (unit.codec == Codec::pcmu)
                unit.data = std::make_shared<const Buffer>(unit.sample_rate == 8000 ? alaw_from_ulaw(*unit.data) : downsampler_.convert(*unit.data));
            stats_.samples += unit.data->size();
            unit.codec = Codec::pcma;
        }
        held_bytes_ += unit.data->size();
        held_.push_back(std::move(unit));
        problem_ = begin(false);
        if (problem_ && writer_) problem_ = write_held();
    }

    /// Opens the file once the tracks are known: sound has come, or the program has none.
    Result<void> begin(bool at_once) {
        if (writer_ || !video_) return {};
        if (!audio_ && !demuxer_.is_silent() && !at_once && held_bytes_ < kMaxHeld) return {};
        if (audio_) offset_ = sound_offset();
        if (arrival_) arrival_->begin(content_type());
        writer_ = TRY(make_mp4_writer(video_->codec, audio_.has_value(), file_, arrival_));
        return write_held();
    }

    /// With the names that a browser's media source wants.
    std::string content_type() const {
        const auto keyframe = std::find_if(held_.begin(), held_.end(), [](const AccessUnit& unit) { return is_video(unit.codec) && unit.keyframe; });
        const std::string video = keyframe == held_.end() ? "avc1.42e01f" : mp4_codec_string(*keyframe);
        return "video/mp4; codecs=\"" + video + (audio_ ? ",mp4a.40.2\"" : "\"");
    }

    /// How much later than the picture the sound begins. The stamps of both may be seconds apart; the clock of the
    /// parts is one.
    Nanoseconds sound_offset() const {
        if (!video_->clock_ms || !audio_->clock_ms) return 0ns;
        const std::chrono::milliseconds offset(*audio_->clock_ms - *video_->clock_ms);
        return offset < kEarliestSound || offset > kLatestSound ? 0ns : Nanoseconds(offset);
    }

    Result<void> write_held() {
        for (; !held_.empty(); held_.pop_front()) {
            const AccessUnit& unit = held_.front();
            if (is_video(unit.codec)) {
                TRY_VOID(writer_->write(unit, lead() + of_ticks(unit.pts_90k - video_->pts_90k)));
            } else {
                TRY_VOID(writer_->write(unit, lead() + offset_ + Nanoseconds(static_cast<std::int64_t>(written_samples_) * 125000)));
                written_samples_ += unit.data->size();
            }
        }
        held_bytes_ = 0;
        return {};
    }
    /// No time of the file is before its begin.
    Nanoseconds lead() const { return offset_ < 0ns ? -offset_ : 0ns; }

    struct Begin {
        std::int64_t pts_90k;
        std::optional<std::int64_t> clock_ms;
        Codec codec;
    };
    const std::string file_;
    const std::shared_ptr<Arrival> arrival_;
    TsDemuxer demuxer_;
    UlawDownsampler downsampler_;
    std::optional<std::int64_t> clock_ms_;  // of the piece in work
    std::optional<Begin> video_, audio_;
    std::deque<AccessUnit> held_;
    std::size_t held_bytes_ = 0;
    std::uint64_t written_samples_ = 0;
    Nanoseconds offset_{0};
    Result<void> problem_;
    FetchStats stats_;
    std::unique_ptr<Mp4Writer> writer_;
};

bool is_worth_another(const Error& error) {
    return error.code == Errc::unreachable || error.code == Errc::timeout || is_recording_busy(error.device_code);
}

}  // namespace

Result<FetchStats> fetch_recording(const stream::MediaEndpoint& endpoint, const stream::Recording& recording, const std::string& file,
                                   const FetchOptions& options) {
    Assembler assembler(file, options.arrival);
    std::optional<std::uint64_t> last;  // piece that arrived whole
    unsigned resumed = 0;
    for (unsigned failures = 0;;) {
        const auto download = stream::make_download(endpoint, recording, stream::DownloadKind::recording, net::make_tcp_connector(), system_random());
        const std::stop_callback cut(options.stop, [&] { download->cancel(); });
        Result<void> state = download->open();
        while (state) {
            if (options.wait && !options.wait(0ms)) return fail(Errc::cancelled, "the download was ended");
            auto piece = download->next(options.stall);
            if (!piece) {
                state = tl::unexpected(std::move(piece).error());
                break;
            }
            if (!*piece) {
                auto stats = TRY(assembler.finish());
                stats.resumed = resumed;
                return stats;
            }
            if (last && (*piece)->sequence <= *last) continue;  // had before the break
            last = (*piece)->sequence;
            failures = 0;
            if (auto taken = assembler.take_piece((*piece)->part); !taken) return tl::unexpected(std::move(taken).error());
        }
        if (!is_worth_another(state.error()) || ++failures >= options.attempts) return tl::unexpected(std::move(state).error());
        ++resumed;
        if (options.wait && !options.wait(std::max<std::chrono::milliseconds>(options.pause, state.error().retry_after) * failures)) return fail(Errc::cancelled, "the download was ended");
    }
}

Result<Buffer> fetch_picture(const stream::MediaEndpoint& endpoint, const stream::Recording& recording, stream::DownloadKind kind,
                             std::chrono::milliseconds timeout, const std::stop_token& stop) {
    constexpr std::size_t kMostBytes = 8U << 20;
    const auto download = stream::make_download(endpoint, recording, kind, net::make_tcp_connector(), system_random());
    const std::stop_callback cut(stop, [&] { download->cancel(); });
    TRY_VOID(download->open());
    Buffer jpeg;
    while (const auto piece = TRY(download->next(timeout))) {
        if (piece->part.type != stream::PartType::jpeg || jpeg.size() + piece->part.data.size() > kMostBytes) continue;
        append(jpeg, piece->part.data);
        if (jpeg.size() >= 4 && u8(jpeg[jpeg.size() - 2]) == 0xFF && u8(jpeg.back()) == 0xD9) return jpeg;  // the end mark of a JPEG
    }
    if (jpeg.empty()) return fail(Errc::unsupported, "the camera sent no picture");
    return jpeg;
}

}  // namespace tplink::media
