#pragma once
// What a camera's card holds: asked over the control API, fetched over port 8800.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/session.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

/// Seconds since 1970, as the camera lists them: a download wants exactly these.
struct Recording {
    std::int64_t start_s = 0, end_s = 0;
    int type = 0;  ///< the camera's own number: 1 continuous, 2 motion
    std::int64_t client_id = 1;  ///< whom a download names: the user id, or 1 where `playback` is version 6 or later
    bool operator==(const Recording&) const = default;
};

/// One request to the control API of the camera.
using AskCamera = std::function<Result<json::value>(const Request&)>;

struct DayWish {
    std::int64_t begin_s = 0, end_s = 0;  ///< of the day, since 1970
    std::vector<std::string> dates;       ///< "20260918": the days it touches by the camera's clock, for older firmware
    int playback_version = 0;             ///< of the component `playback`; 0: not told
    std::string player_id;                ///< 32 hex digits, of ours
};

/// Both search dialects, the newer first; a user id that is refused is fetched again, once. Sorted by time, each once.
/// What lies outside of the wish is left out. errors: those of `ask`; refused with the reason (no card); unsupported.
/// user: the id from before, if any; what was used. Cameras have few of them, so it is to be kept.
Result<std::vector<Recording>> list_recordings(const DayWish& wish, const AskCamera& ask, std::optional<std::int64_t>& user);

/// Whether searches and downloads name a user id (getUserID) at all.
bool needs_user_id(int playback_version);
/// errors: those of `ask`; malformed.
Result<std::int64_t> ask_user_id(const AskCamera& ask);

/// What one answer of the search lists; pieces that make no sense are left out. At most 1000.
struct SearchPage {
    std::vector<Recording> recordings;
    bool more = false;
};
SearchPage parse_search(const json::value& answer);

/// Days with recordings, "20260918", by the camera's clock; first and last in the same form. In order, each once.
/// errors: those of `ask`; refused with the reason (no card); unsupported.
Result<std::vector<std::string>> list_days(const std::string& first, const std::string& last, const AskCamera& ask);
/// At most 1000; pieces that are no date are left out.
std::vector<std::string> parse_days(const json::value& answer);

/// Seconds that the camera's clock is ahead of `now_s`, which is ours; 0 where it tells no time that can be meant, or the
/// same as we within what an answer takes. Recordings are listed and fetched by the camera's clock.
std::int64_t clock_offset(const json::value& answer, std::int64_t now_s);
/// The question to it.
Request clock_request();

/// One download over a connection of its own. One thread; cancel() from any.
class RecordingDownload {
public:
    virtual ~RecordingDownload() = default;
    /// errors: as MediaSource::open(); refused (busy, no card, no such recording).
    virtual Result<void> open() = 0;
    struct Piece {
        MediaPart part;
        std::uint64_t sequence = 0;  ///< rises by one; the same piece has the same number in another session
    };
    /// Nothing at the end of the recording. errors: as MediaSource::read().
    virtual Result<std::optional<Piece>> next(std::chrono::milliseconds timeout) = 0;
    virtual void cancel() = 0;
};
/// kind: 0 the recording, 2 its thumbnail, 3 a picture of now (`recording` does not matter then).
enum class DownloadKind { recording = 0, thumbnail = 2, picture = 3 };
std::unique_ptr<RecordingDownload> make_download(const MediaEndpoint& endpoint, const Recording& recording, DownloadKind kind,
                                                 std::unique_ptr<net::TcpConnector> connector, RandomBytes& random);

/// The body of the part that asks for it; player_id: 32 hex digits.
std::string download_request(unsigned seq, unsigned channel, const Recording& recording, DownloadKind kind, std::string_view player_id);

}  // namespace tplink::stream
