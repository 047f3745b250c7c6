#pragma once
// One HTTP/1.x reply, put together from the pieces a socket gives. Source: RFC 9112; what real devices bend is taken.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/net/http_client.hpp"

namespace tplink::net {

class ReplyReader {
public:
    static constexpr std::size_t kMaxHead = 64U << 10; ///< bytes of the lines around a body
    static constexpr std::size_t kMaxLines = 1000;

    /// max_body in bytes. has_body: false for the reply to HEAD.
    explicit ReplyReader(std::size_t max_body, bool has_body = true) : max_body_(max_body), has_body_(has_body) {}

    /// The next piece, of any size. errors: malformed for what is no HTTP, or longer than allowed.
    Result<void> take(std::string_view piece);
    /// The peer closed the connection. errors: unreachable when the reply was not whole.
    Result<void> end();

    bool begun() const { return begun_; }
    bool complete() const { return state_ == State::complete; }
    /// Of a complete reply: the connection is ready for another request.
    bool keeps_connection() const { return complete() && keeps_connection_; }
    HttpResponse response() && { return std::move(response_); }

private:
    enum class State { status, header, sized, unsized, chunk_size, chunk, chunk_end, trailer, complete };

    bool in_body() const { return state_ == State::sized || state_ == State::unsized || state_ == State::chunk; }
    Result<void> take_body(std::string_view& piece);
    Result<void> take_line(std::string_view& piece);
    Result<void> line_done(std::string_view line);
    Result<void> status_line(std::string_view line);
    Result<void> header_line(std::string_view line);
    Result<void> head_done();
    Result<void> chunk_line(std::string_view line);

    const std::size_t max_body_;
    const bool has_body_;
    State state_ = State::status;
    HttpResponse response_;
    std::string line_;             ///< the beginning of one whose end has not come
    std::size_t line_bytes_ = 0, lines_ = 0;
    std::size_t left_ = 0;         ///< bytes of the body, or of this chunk, still to come
    std::optional<std::size_t> length_;
    bool chunked_ = false, keeps_connection_ = true, begun_ = false;
};

} // namespace tplink::net
