#pragma once
// A small RTSP/TCP client that shows the wire: status lines, headers, interleaved RTP.

#include <chrono>
#include <cstdint>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tplink::media::test {

struct RtspReply {
    int code = 0;
    std::string reason;
    std::string head;  ///< all header lines
    std::string body;
};

struct RtpPacket {
    unsigned channel = 0;
    std::string bytes;
};

class RtspClient {
public:
    /// `receive_buffer`: bytes the kernel keeps for a client that does not read; 0: as it likes, up to tens of MB.
    explicit RtspClient(std::uint16_t port, int receive_buffer = 0);
    ~RtspClient();
    RtspClient(const RtspClient&) = delete;
    RtspClient& operator=(const RtspClient&) = delete;

    /// `path` with leading slash; `headers`: whole lines with CRLF. Code 0: the server closed or said nothing for `limit`.
    RtspReply request(const std::string& method, const std::string& path, const std::string& headers = "",
                      std::chrono::milliseconds limit = std::chrono::seconds(15));
    /// DESCRIBE, SETUP of all tracks interleaved, PLAY. The code of the last exchange.
    int play(const std::string& path);
    /// The next interleaved packet; nothing after `limit` without one or when the server closed.
    std::optional<RtpPacket> packet(std::chrono::milliseconds limit);
    /// Reads until a whole H.264 IDR picture (its last packet) came.
    bool wait_keyframe(std::chrono::milliseconds limit);
    /// An interleaved packet of ours.
    void send_frame(unsigned channel, std::span<const std::byte> bytes);
    bool closed() const { return closed_; }

private:
    bool fill(std::chrono::steady_clock::time_point deadline);

    std::uint16_t port_;
    int socket_ = -1;
    int cseq_ = 0;
    std::string session_;
    std::string in_;
    bool closed_ = false;
};

}  // namespace tplink::media::test
