#pragma once
// Reads the endless chunked request of a talk session.

#include <optional>
#include <string>
#include <string_view>

namespace tplink::sim {

class Connection;

class ChunkedReader {
public:
    explicit ChunkedReader(Connection& connection) : connection_(connection) {}

    /// Request line and headers, with the empty line; nothing at the end or when longer than 16 KiB.
    std::optional<std::string> read_head();
    /// Size of the next multipart part; nothing at the end, or when the parts do not follow each other.
    std::optional<std::size_t> read_part(std::string_view delimiter);

private:
    bool fill();
    bool take_chunk();
    std::optional<std::string> line();

    Connection& connection_;
    std::string raw_;  ///< as received
    std::string body_; ///< without the chunks' framing
};

} // namespace tplink::sim
