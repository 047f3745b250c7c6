#pragma once
// Speech to a camera's speaker over its own protocol. Pacing is the caller's business.

#include <chrono>
#include <memory>

#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

enum class SpeechCodec { alaw, ulaw };  ///< G.711, 8 kHz mono

/// One thread opens, sends and listens; cancel() from any. Destroying it frees the camera's line at once.
class TalkSession {
public:
    static constexpr std::size_t kFrame = 160;  ///< samples and bytes of one frame: 20 ms

    virtual ~TalkSession() = default;

    /// Connects, logs in and asks for the speaker. errors: as MediaSource::open(); refused with the camera's number when
    /// somebody else is talking.
    virtual Result<void> open() = 0;
    virtual SpeechCodec codec() const { return SpeechCodec::alaw; }
    /// Exactly kFrame bytes. errors: unreachable, timeout, cancelled.
    virtual Result<void> send(Bytes frame) = 0;
    /// Reads what the camera says until then: unread notifications would make it stop listening. errors: as
    /// MediaSource::read(), but silence is none.
    virtual Result<void> listen_until(std::chrono::steady_clock::time_point until) = 0;
    /// Sticky.
    virtual void cancel() = 0;
};

/// A connection of its own, beside the live one. errors are those of open().
std::unique_ptr<TalkSession> make_talk_session(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector,
                                               RandomBytes& random);

/// The transport stream of speech: tables once, then one packet a frame. source: port8800.md, "Talk"
Buffer talk_tables();
/// index: of the frame in the talk, from 0; the counter and the stamp follow from it.
Buffer talk_packet(Bytes frame, std::uint64_t index);

}  // namespace tplink::stream
