#pragma once
// One opened connection to port 8800: parts in, parts out. Live video, speech and recordings are written on top of it.

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "protocols/stream/media_json.hpp"
#include "protocols/stream/media_source.hpp"
#include "protocols/stream/part_decoder.hpp"
#include "protocols/stream/part_reader.hpp"

namespace tplink::stream {

/// A part whose body is plain.
struct PlainPart {
    Part part;  ///< headers; its body holds what came over the wire
    Buffer plain;
    std::string content_type;
};

/// One thread. All bytes after the response head go through one reader: the first media often shares a segment with
/// the reply.
class MediaSession {
public:
    /// Connects and logs in. query: what follows "/stream?" beside the child's id, e.g. "type=sdvod"; may be empty.
    /// errors: as MediaSource::open().
    static Result<std::unique_ptr<MediaSession>> open(const MediaEndpoint& endpoint, net::TcpConnector& connector,
                                                      RandomBytes& random, std::string_view query = {});
    ~MediaSession();
    MediaSession(const MediaSession&) = delete;
    MediaSession& operator=(const MediaSession&) = delete;

    /// Sends a JSON part. errors: those of TcpStream::write_all.
    Result<void> send(std::string_view json, const PartHeaders& headers = {});
    /// Sends bytes of another type, unencrypted, as the camera accepts it.
    Result<void> send_media(Bytes body, std::string_view content_type);
    /// Puts bytes on the wire as they are: a part that was put together before.
    Result<void> send_raw(Bytes bytes);

    /// The next part among what has arrived; bad ones are dropped and counted. Nothing: more has to be received.
    /// errors: auth_failed (the first parts do not decrypt), unreachable (too damaged to go on).
    Result<std::optional<PlainPart>> next();
    /// Waits for more bytes; sends the heartbeat when it is due. errors: timeout with `complaint`, unreachable, cancelled.
    Result<void> receive(std::chrono::steady_clock::time_point deadline, std::string_view complaint);
    /// The same, but no bytes before `until` are no error.
    Result<void> listen_until(std::chrono::steady_clock::time_point until);

    /// Waits for the answer to a request and takes over its session id. Parts that come before it are kept for next().
    Result<Message> wait_for_grant(std::chrono::steady_clock::time_point deadline, std::string_view complaint);
    /// Parts that carry media count as `parts`; the owner says which.
    void count_media(std::size_t bytes);
    void count_bad_json() { ++bad_parts_; }

    unsigned next_seq() { return ++seq_; }
    const std::string& session_id() const { return session_id_; }
    SourceStats stats() const { return {parts_.load(), bytes_.load(), bad_parts_.load(), resyncs_.load()}; }

private:
    using Time = std::chrono::steady_clock::time_point;

    MediaSession() = default;
    Result<void> begin(const MediaEndpoint& endpoint, struct OpenSession session);
    Result<std::optional<PlainPart>> take_arrived();
    Result<void> beat();
    Result<void> check_resyncs();

    std::unique_ptr<net::TcpStream> stream_;
    std::optional<PartDecoder> decoder_;
    std::optional<PartReader> reader_;
    std::deque<PlainPart> early_;  ///< media that came before the reply to our request
    std::string session_id_;
    unsigned seq_ = 0;
    std::chrono::seconds heartbeat_{0};  ///< 0: none is asked for
    Time next_beat_{};
    std::uint64_t seen_resyncs_ = 0;
    std::deque<Time> recent_resyncs_;
    // Looked at by other threads while this one reads.
    std::atomic<std::uint64_t> parts_ = 0, bytes_ = 0, bad_parts_ = 0, resyncs_ = 0;
    Buffer chunk_ = Buffer(16U << 10);
};

}  // namespace tplink::stream
