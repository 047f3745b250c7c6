#include "gateway/web/connection.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {

namespace {

using std::chrono::steady_clock;

// A refused body is taken and forgotten while it keeps coming: many clients read no answer before they have sent all.
constexpr std::chrono::milliseconds kFinishSilence{250};
constexpr std::chrono::milliseconds kFinishPatience{3000};
constexpr std::size_t kTlsPiece = std::size_t{16} * 1024; // bytes: one record
constexpr std::size_t kFinishBytes = std::size_t{32} * 1024 * 1024;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Methods for which the HTTP library reads until the connection ends when no length is given.
bool needs_length(std::string_view head) {
    for (const std::string_view method : {"POST ", "PUT ", "PATCH ", "DELETE "})
        if (head.starts_with(method)) return true;
    return false;
}

} // namespace

Connection::Connection(int socket, const ConnectionLimits& limits) : socket_(socket), limits_(limits) {}

bool Connection::wait(short events, SteadyTime deadline) const {
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
        if (left <= 0) return false;
        pollfd entry{socket_, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(left));
        if (ready > 0) return true; // errors and hang-ups too: the next call tells
        if (ready < 0 && errno != EINTR) return false;
    }
}

Connection::Start Connection::secure(const net::TlsIdentity& identity) {
    constexpr char kHandshake = 0x16; // source: RFC 8446 5.1
    if (!wait(POLLIN, steady_clock::now() + limits_.keep_alive)) return Start::failed;
    char first = 0;
    if (::recv(socket_, &first, 1, MSG_PEEK | MSG_DONTWAIT) != 1) return Start::failed;
    if (first != kHandshake) return Start::plain;
    auto accepted = net::TlsServerStream::accept(socket_, identity, steady_clock::now() + limits_.request_timeout);
    if (!accepted) return Start::failed;
    tls_.emplace(std::move(*accepted));
    return Start::secure;
}

/// recv(2) that waits until the deadline: -1 then.
long Connection::receive_piece(char* to, std::size_t size, SteadyTime deadline) {
    if (tls_) {
        const auto got = tls_->read_some(std::as_writable_bytes(std::span(to, size)), deadline);
        return got ? static_cast<long>(*got) : -1;
    }
    for (;;) {
        if (!wait(POLLIN, deadline)) return -1;
        const ssize_t got = ::recv(socket_, to, size, MSG_DONTWAIT);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) return got;
    }
}

long Connection::receive(SteadyTime deadline) {
    std::array<char, 8192> piece{};
    const long got = receive_piece(piece.data(), piece.size(), deadline);
    if (got > 0) input_.append(piece.data(), static_cast<std::size_t>(got));
    return got;
}

Connection::Head Connection::next_head() {
    head_.clear();
    head_read_ = 0;
    if (input_.empty()) {
        if (receive(steady_clock::now() + limits_.keep_alive) <= 0) return Head::closed;
    }
    deadline_ = steady_clock::now() + limits_.request_timeout;
    for (std::size_t searched = 0;;) {
        const auto end = input_.find("\r\n\r\n", searched);
        if (end != std::string::npos && end + 4 <= limits_.head_max) return take_head(end + 4);
        if (input_.size() >= limits_.head_max) return Head::too_large;
        searched = input_.size() < 3 ? 0 : input_.size() - 3;
        const long got = receive(deadline_);
        if (got == 0) return Head::closed;
        if (got < 0) return steady_clock::now() >= deadline_ ? Head::timeout : Head::closed;
    }
}

Connection::Head Connection::take_head(std::size_t length) {
    const std::string raw = input_.substr(0, length - 2); // without the empty line
    input_.erase(0, length);
    body_left_ = 0;
    chunked_ = false;
    bool has_length = false;
    for (std::size_t at = 0; at < raw.size();) {
        const std::size_t end = raw.find("\r\n", at);
        const Head outcome = rewrite_line(std::string_view(raw).substr(at, end - at), has_length);
        if (outcome != Head::ready) return outcome;
        at = end + 2;
    }
    // Both would let two readers disagree about where this request ends (RFC 9112 section 6.3).
    if (chunked_ && has_length) return Head::bad;
    if (!chunked_ && !has_length && needs_length(head_)) head_ += "Content-Length: 0\r\n";
    head_ += "\r\n";
    return body_left_ > limits_.body_max ? Head::body_too_large : Head::ready;
}

Connection::Head Connection::rewrite_line(std::string_view line, bool& has_length) {
    if (line.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos) return Head::bad;
    if (const auto colon = line.find(':'); !head_.empty() && colon != std::string_view::npos) {
        const std::string name = ascii_lower(line.substr(0, colon));
        const std::string_view value = trimmed(line.substr(colon + 1));
        if (name.find_first_of(" \t") != std::string::npos) return Head::bad;
        if (name == "content-length") {
            const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), body_left_);
            if (has_length || fault != std::errc{} || end != value.data() + value.size()) return Head::bad;
            has_length = true;
        }
        if (name == "transfer-encoding") {
            if (chunked_ || ascii_lower(value) != "chunked") return Head::bad;
            chunked_ = true;
        }
        if (name == "range" || name == "accept-encoding") head_ += "X-";
    } else if (!head_.empty()) {
        return Head::bad;
    }
    head_.append(line).append("\r\n");
    return Head::ready;
}

long Connection::read(char* to, std::size_t size) {
    if (head_read_ < head_.size()) {
        const std::size_t n = std::min(size, head_.size() - head_read_);
        std::memcpy(to, head_.data() + head_read_, n);
        head_read_ += n;
        return static_cast<long>(n);
    }
    const std::size_t wanted = chunked_ ? size : std::min(size, body_left_);
    if (wanted == 0) return 0;
    if (input_.empty()) {
        if (const long got = receive(deadline_); got <= 0) return got;
    }
    const std::size_t n = std::min(wanted, input_.size());
    std::memcpy(to, input_.data(), n);
    input_.erase(0, n);
    if (!chunked_) body_left_ -= n;
    return static_cast<long>(n);
}

long Connection::write(const char* from, std::size_t size) {
    std::size_t sent = 0;
    while (tls_ && sent < size) { // in pieces: a slow reader has the time-out for each, not for all
        const std::size_t piece = std::min(size - sent, kTlsPiece);
        if (!tls_->write_all(as_bytes({from + sent, piece}), steady_clock::now() + limits_.write_timeout)) return -1;
        sent += piece;
    }
    while (sent < size) {
        const ssize_t n = ::send(socket_, from + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait(POLLOUT, steady_clock::now() + limits_.write_timeout)) return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return static_cast<long>(size);
}

bool Connection::readable() { return head_read_ < head_.size() || !input_.empty() || is_open(); }

bool Connection::is_open() {
    if (tls_) return tls_->is_open();
    char byte = 0;
    const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
}

void Connection::finish() {
    if (tls_) tls_->say_goodbye();
    tls_.reset(); // what still comes is not read, only taken
    ::shutdown(socket_, SHUT_WR);
    const auto deadline = steady_clock::now() + kFinishPatience;
    for (std::size_t taken = 0; taken < kFinishBytes;) {
        input_.clear();
        const long got = receive(std::min(deadline, steady_clock::now() + kFinishSilence));
        if (got <= 0) return;
        taken += static_cast<std::size_t>(got);
    }
}

std::string Connection::peer_address() const {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
        ::inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
        ::inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
    }
    const std::string_view address_text(text.data());
    constexpr std::string_view kMapped = "::ffff:"; // IPv4 on a socket that takes both
    return std::string(address_text.starts_with(kMapped) ? address_text.substr(kMapped.size())
                                                         : address_text);
}

} // namespace tplink::gateway
