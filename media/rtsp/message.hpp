#pragma once
// RTSP 1.0 as text (RFC 2326): requests cut out of a byte stream, replies put together.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/base/bytes.hpp"

namespace tplink::media::rtsp {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method, url;
    Headers headers; ///< names in lower case, values trimmed
    std::string body;

    /// Of the first header of that lower-case name; empty when absent.
    std::string_view header(std::string_view name) const;
};

/// "$", channel, length: RTP or RTCP on the connection itself.
struct Frame {
    unsigned channel = 0;
    Buffer bytes;
};

/// Bounded; once broken it stays so.
class RequestReader {
public:
    static constexpr std::size_t kMaxHead = 16U << 10;
    static constexpr std::size_t kMaxBody = 64U << 10; ///< the largest thing a viewer has to send is a SETUP

    void feed(Bytes bytes) { buffer_.append(as_text(bytes)); }
    /// The next whole message; nothing while it is incomplete or when broken.
    std::optional<std::variant<Request, Frame>> next();
    /// What came is no RTSP or too long: the connection is of no use.
    bool is_broken() const { return broken_; }
    bool is_empty() const { return buffer_.empty(); }

private:
    std::optional<Frame> take_frame();
    std::optional<Request> take_request();

    std::string buffer_;
    bool broken_ = false;
};

/// "rtsp://host:port/cam/stream=1?x" -> "/cam" and 1. Without a track: nothing.
struct Target {
    std::string path; ///< decoded, no slash at its end, "/" when empty
    std::optional<unsigned> track;
};
Target parse_target(std::string_view url);

/// The first transport of a SETUP we can serve.
struct Transport {
    bool tcp = false;
    std::optional<unsigned> channel;   ///< TCP: of RTP; RTCP is the next
    std::uint16_t client_port = 0;     ///< UDP: of RTP
    std::uint16_t client_rtcp_port = 0;
    bool record = false;
};
/// Nothing when none fits (multicast, other profiles, no ports): 461.
std::optional<Transport> parse_transport(std::string_view header);

/// Name of a status code; "Error" for one without.
std::string_view status_name(int code);

/// One line of visible ASCII: the reason comes from elsewhere and must not end the status line.
std::string reason_phrase(std::string_view text);

/// reason: empty for the usual one. The body gets its length header.
std::string format_response(int code, std::string_view reason, std::string_view cseq, const Headers& headers,
                            std::string_view body = {});

}  // namespace tplink::media::rtsp
