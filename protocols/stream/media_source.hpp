#pragma once
// The one door from media to a camera's video port: decrypted parts, in order.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/net/tcp_stream.hpp"

namespace tplink::stream {

enum class PartType {
    mpegts,  ///< `video/mp2t`: whole or cut TS packets, to be fed in order to one demuxer
    jpeg,    ///< `image/jpeg`: one picture (or a piece of it)
    h264,    ///< Annex B access unit (Kasa)
    pcmu,    ///< G.711 u-law samples (Kasa)
};

struct MediaPart {
    PartType type{};
    Buffer data;  ///< plain bytes: padding and signature were checked
    std::optional<std::int64_t> clock_ms{};  ///< the camera's own clock at this piece (X-Data-PTS, X-Timestamp), any origin
    bool keyframe = false;  ///< h264 parts: what the sender says of it
};

enum class Scheme { tapo, vigi, kasa };
enum class Quality { hd, sd };  ///< main stream, lesser stream

struct MediaEndpoint {
    Scheme scheme = Scheme::tapo;
    std::string host;
    std::uint16_t port = 8800;
    Credentials credentials;  ///< Tapo: the cloud account's password (or its ready upper-case MD5/SHA-256 hash); user name is always admin; Kasa: the account itself
    Quality quality = Quality::hd;
    bool audio = true;        ///< false: the camera is asked to send no sound
    unsigned channel = 0;
    std::string device_id{};  ///< of a hub's child; `host` is the hub then
    /// Which of several candidates for the media key fitted last (VIGI); kept by whoever opens one session after another.
    std::shared_ptr<std::atomic<unsigned>> key_memory{};
    std::uint16_t talk_port = 0;  ///< families with a port of its own for speech; 0: their usual one

    bool operator==(const MediaEndpoint&) const = default;
};

/// What happened on the wire so far.
struct SourceStats {
    std::uint64_t parts = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bad_parts = 0;  ///< dropped: padding, signature, length
    std::uint64_t resyncs = 0;    ///< times the part reader had to search for a delimiter

    SourceStats& operator+=(const SourceStats& other) {
        parts += other.parts;
        bytes += other.bytes;
        bad_parts += other.bad_parts;
        resyncs += other.resyncs;
        return *this;
    }
};

/// One session with a camera's video port. One thread opens and reads; cancel() from any.
class MediaSource {
public:
    virtual ~MediaSource() = default;

    /// Connects, logs in, asks for the stream. Returns when the camera granted it.
    /// errors: unreachable, timeout, cancelled, auth_failed, locked_out, refused (too many viewers, privacy), malformed.
    virtual Result<void> open() = 0;

    /// The next media part; notifications and bad parts are handled inside.
    /// errors: timeout when no media came within `timeout`; unreachable when the camera closed; auth_failed when
    ///         the first encrypted parts do not decrypt; cancelled.
    virtual Result<MediaPart> read(std::chrono::milliseconds timeout) = 0;

    /// From any thread.
    virtual SourceStats stats() const = 0;

    /// Sticky, from any thread.
    virtual void cancel() = 0;
};

std::unique_ptr<MediaSource> make_media_source(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector,
                                               RandomBytes& random);

}  // namespace tplink::stream
