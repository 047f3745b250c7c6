#pragma once
// One client connection: a request head read whole and bounded before anybody parses it, every wait with a
// deadline.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/net/tls_server.hpp"

namespace tplink::gateway {

struct ConnectionLimits {
    std::size_t head_max = std::size_t{16} * 1024, body_max = std::size_t{16} * 1024 * 1024; ///< bytes; Api allows that much to sound alone
    std::chrono::milliseconds request_timeout{10000};                                  ///< first byte to last
    std::chrono::milliseconds keep_alive{5000}; ///< silence between requests
    std::chrono::milliseconds write_timeout{5000};
};

/// Owns nothing but buffers; the socket is closed by whoever accepted it.
class Connection {
public:
    enum class Head { ready, closed, bad, too_large, body_too_large, timeout };
    enum class Start { secure, plain, failed };

    Connection(int socket, const ConnectionLimits& limits);

    /// Before anything else where there is TLS: shakes hands. `plain`: the client speaks HTTP without it.
    Start secure(const net::TlsIdentity& identity);

    /// Waits for the next request's head; afterwards read() yields the head and then the body, and nothing
    /// beyond. Lines that make the HTTP library do work we do not want (Range, Accept-Encoding) are renamed
    /// to X-Range, X-Accept-Encoding; a request that needs a length and has none gets "Content-Length: 0".
    Head next_head();

    /// recv(2) with the request's deadline: 0 at the end of the request, -1 on failure.
    long read(char* to, std::size_t size);
    /// Everything or -1; a peer that takes nothing for `write_timeout` is a failure.
    long write(const char* from, std::size_t size);
    bool readable();
    /// False once the peer has closed its side.
    bool is_open();
    /// As handed on by the last next_head().
    const std::string& head() const { return head_; }
    /// No part of the last request lies unread: another one may follow.
    bool is_clean() const { return !chunked_ && body_left_ == 0 && head_.size() == head_read_; }
    bool has_body() const { return chunked_ || body_left_ > 0; }
    /// Ends our side and takes what still arrives for a moment: closing on unread bytes would reset the
    /// connection and the client would lose the answer.
    void finish();

    std::string peer_address() const;
    int socket() const { return socket_; }

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    bool wait(short events, SteadyTime deadline) const;
    long receive(SteadyTime deadline);
    Head take_head(std::size_t length);
    Head rewrite_line(std::string_view line, bool& has_length);

    long receive_piece(char* to, std::size_t size, SteadyTime deadline);

    int socket_;
    ConnectionLimits limits_;
    std::optional<net::TlsServerStream> tls_;
    std::string input_; ///< received, not yet taken
    std::string head_;  ///< as handed on
    std::size_t head_read_ = 0, body_left_ = 0;
    bool chunked_ = false;
    SteadyTime deadline_{};
};

} // namespace tplink::gateway
