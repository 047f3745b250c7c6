#pragma once
// The video port (8800) of a simulated Tapo camera: Digest, Key-Exchange, encrypted MPEG-TS parts of a
// looping clip. Written from the protocol page of that port; shares no code with the client.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/media_faults.hpp"

namespace tplink::sim {

class ClipLibrary;

enum class MediaCodec { h264, h265 };
enum class MediaHash { md5, sha256 }; ///< which hash of the account password is the secret
enum class MediaKeyExchange {
    md5,
    none,
    plain,
    hkdf,            ///< a hub's: each part has an IV of its own and is signed
    hkdf_empty_nonce
}; ///< none: user "none", built-in secret; plain: no header, plain parts
enum class MediaAudio { absent, alaw_8k, ulaw_16k, aac_16k }; ///< absent: the camera has no microphone
/// Tapo: Digest and key from a hash. VIGI: Digest from the coded password, key from the plain or the coded one.
enum class MediaVendor { tapo, vigi_plain_key, vigi_coded_key };

/// One recording on the card; times in seconds since 1970, as the listing tells them.
struct MediaRecording {
    std::int64_t start_s = 0, end_s = 0;
};

struct MediaServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0; ///< 0: any free port, see port()
    std::string username = "admin";
    std::string password = "password";  ///< of the cloud account, plain text
    MediaHash hash = MediaHash::sha256; ///< sha256 announces encrypt_type="3"
    MediaKeyExchange key_exchange = MediaKeyExchange::md5;
    bool skips_digest = false;           ///< answers 200 at once (factory state)
    MediaCodec codec = MediaCodec::h264; ///< of the main stream; the sub stream is H.264
    MediaAudio audio = MediaAudio::alaw_8k;
    bool bench_clip = false; ///< main stream is the 2304x1296 clip of target `bench_clip`
    MediaVendor vendor = MediaVendor::tapo;
    bool two_lenses = false;             ///< a second picture, that of the sub stream, on a PID of its own
    std::vector<std::string> children{}; ///< a hub's: the target must name one of them as deviceId
    std::chrono::milliseconds heartbeat{0}; ///< asked for as X-Hb (whole seconds); without it the session ends after twice that time
    std::vector<MediaRecording> recordings{};
    std::function<bool(std::int64_t)> is_client{}; ///< whether a download may name this client_id; empty: any
    std::string jpeg{};                  ///< answered to a request for a picture; empty: the camera knows no such request
    int max_sessions = 2;    ///< further previews are answered -52407
    /// false: a session starts at once, with the latest keyframe. true: it waits for the next one, up to 2 s.
    bool waits_for_keyframe = false;
    std::uint64_t first_pts_90k = 900'000;
    std::int64_t audio_pts_shift_90k = 0; ///< audio PTS ahead of video PTS although both are in sync

    /// While true no media is sent and `preview` is answered -64324. Called by session threads, often: must
    /// be cheap.
    std::function<bool()> privacy_on{};
    MediaFaults faults{};
    /// Clips to share with other servers; null: this server loads its own.
    std::shared_ptr<ClipLibrary> clips{};
};

/// Totals since the start; *_open are of this moment.
struct MediaCounters {
    std::uint64_t connections_open = 0;
    std::uint64_t connections_total = 0;
    std::uint64_t sessions_open = 0;       ///< previews that run
    std::uint64_t sessions_total = 0;      ///< previews granted
    std::uint64_t sessions_with_audio = 0; ///< of sessions_total
    std::uint64_t sessions_refused = 0;    ///< privacy or too many
    std::uint64_t auth_failures = 0;       ///< wrong answers to the Digest; the first 401 of a login is none
    std::uint64_t heartbeats = 0;
    std::uint64_t talks_open = 0, talks_total = 0, talks_refused = 0;
    std::uint64_t downloads_total = 0, pictures_total = 0, acknowledgements = 0;
    std::uint64_t parts = 0;               ///< media parts sent
    std::uint64_t bytes = 0;               ///< everything sent
};

/// One thread accepts, one more per connection. All members from any thread.
/// Cost, measured on an x86-64 core at -O2 with 50 servers of one viewer each on loopback, sharing a
/// ClipLibrary: 1 ms CPU per stream-second of the bench clip, 21 MB for all together with their readers. A
/// fifth of that is AES, which each session's key demands; most is the kernel's (send, waking up for 25 parts
/// a second). The clip is multiplexed once per library; a part is copied once to take its PTS and counters.
class MediaServer {
public:
    /// Listens when it returns. Throws std::system_error when the address cannot be bound.
    explicit MediaServer(MediaServerOptions options);
    /// Ends all connections and joins their threads.
    ~MediaServer();
    MediaServer(const MediaServer&) = delete;
    MediaServer& operator=(const MediaServer&) = delete;

    std::uint16_t port() const;
    MediaCounters counters() const;
    /// All A-law samples that were spoken, and whether each talk part came in its time.
    Buffer spoken() const;
    const std::vector<MediaRecording>& recordings() const;
    /// Frames and G.711 samples of a recording of that many seconds, as they will be sent.
    struct Content {
        std::size_t frames = 0, samples = 0;
    };
    Content content_of(const MediaRecording& recording) const;

    /// For running and new connections; the count of `after_parts` begins anew.
    void set_faults(const MediaFaults& faults);
    /// true: connections end, new ones are refused (camera asleep or switched off), until false.
    void set_unavailable(bool unavailable);
    /// New secret for new connections; running ones go on.
    void set_password(std::string password);
    /// Sends {"type":"notification","params":<params_json>} to all running sessions.
    void notify(std::string_view params_json);
    /// `stream_status` with this status ("finished", "grabbed") to all sessions, which then send no media any
    /// more.
    void end_streams(std::string_view status);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
