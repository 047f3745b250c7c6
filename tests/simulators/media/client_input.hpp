#pragma once
// What a client sends to the video port: one request head, then multipart parts. Bounded; any bytes may come.

#include <map>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

using Headers = std::map<std::string, std::string>; ///< names in lower case

struct RequestHead {
    std::string method;
    std::string target;
    Headers headers;
};

struct ClientPart {
    Headers headers;
    std::string body;
};

class ClientInput {
public:
    Buffer& buffer() { return buffer_; } ///< to append received bytes to

    /// The next request head, without its body; nothing while it is incomplete.
    std::optional<RequestHead> take_head();
    /// The next part; what stands before its delimiter is skipped. Nothing while it is incomplete.
    std::optional<ClientPart> take_part();
    /// True once the client sent something no camera would take: too long, no HTTP, a bad length.
    bool is_broken() const { return broken_; }

private:
    std::optional<std::string> take_block();
    std::optional<std::size_t> body_size(const Headers& headers);

    Buffer buffer_;
    std::string delimiter_ = "----client-stream-boundary--";
    bool broken_ = false;
};

} // namespace tplink::sim
