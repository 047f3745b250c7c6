// Whatever a client sends: the head stays bounded, is handed on whole, and never asks the library for a
// range.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/web/connection.hpp"
#include "protocols/base/bytes.hpp"

using tplink::gateway::Connection;
using tplink::gateway::ConnectionLimits;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 64 * 1024) return 0; // what a socket pair takes without a reader
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) std::abort();
    if (size > 0 && ::send(ends[0], data, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) std::abort();
    ::shutdown(ends[0], SHUT_WR);

    ConnectionLimits limits;
    limits.head_max = 2048;
    limits.body_max = 4096;
    Connection connection(ends[1], limits);
    std::size_t requests = 0;
    while (connection.next_head() == Connection::Head::ready) {
        std::string request;
        std::array<char, 512> piece{};
        for (long got = 0; (got = connection.read(piece.data(), piece.size())) > 0;) {
            request.append(piece.data(), static_cast<std::size_t>(got));
        }
        const auto end = request.find("\r\n\r\n");
        // "X-" before a line takes two bytes; the shortest such line is "range:" and its end.
        if (end == std::string::npos || end > 2 * limits.head_max) std::abort();
        const std::string head = tplink::ascii_lower(request.substr(0, end));
        if (head.find("\r\nrange:") != std::string::npos ||
            head.find("\r\naccept-encoding:") != std::string::npos)
            std::abort();
        if (++requests > size) std::abort(); // each takes at least one byte
        if (!connection.is_clean()) break;
    }
    ::close(ends[0]);
    ::close(ends[1]);
    return 0;
}
