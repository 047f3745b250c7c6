#include "protocols/kasa/xor_transport.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/kasa/xor.hpp"

namespace tplink::kasa {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{4000};
constexpr std::size_t kUsualReply = 2048;

} // namespace

XorTransport::XorTransport(std::unique_ptr<net::TcpConnector> connector, std::string host, std::uint16_t port)
    : connector_(std::move(connector)), host_(std::move(host)), port_(port) {}

Result<void> XorTransport::login() {
    stream_.reset(); // a device serves few connections: never two of ours
    stream_ = TRY(connector_->connect(host_, port_, kConnectTimeout));
    used_ = false;
    return {};
}

/// Reads on behind the `filled` bytes of `room` until `whole` stand there, or more. How many stand there then.
Result<std::size_t> XorTransport::read_at_least(std::size_t whole, std::size_t filled, std::span<std::byte> room, bool& begun) {
    const auto deadline = std::chrono::steady_clock::now() + reply_timeout_;
    while (filled < whole) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return fail(Errc::timeout, "port 9999: no whole answer in time");
        const std::size_t count = TRY(stream_->read_some(room.subspan(filled), left));
        if (count == 0) return fail(Errc::unreachable, "port 9999: the device closed the connection");
        begun = true;
        filled += count;
    }
    return filled;
}

Result<std::string> XorTransport::exchange_once(Bytes frame, bool& begun) {
    TRY_VOID(stream_->write_all(frame, reply_timeout_));
    std::array<std::byte, kUsualReply> usual; // head and text of nearly every answer arrive in one piece
    const std::size_t filled = TRY(read_at_least(kXorHeadBytes, 0, usual, begun));
    const std::size_t length = TRY(xor_length(std::span<const std::byte>(usual).first<kXorHeadBytes>()));
    const std::size_t whole = kXorHeadBytes + length;
    if (whole <= usual.size()) {
        TRY_VOID(read_at_least(whole, filled, usual, begun));
        return xor_decrypt(Bytes(usual).subspan(kXorHeadBytes, length));
    }
    Buffer large(whole);
    std::copy_n(usual.begin(), filled, large.begin());
    TRY_VOID(read_at_least(whole, filled, large, begun));
    return xor_decrypt(Bytes(large).subspan(kXorHeadBytes));
}

Result<std::string> XorTransport::exchange(std::string_view plain) {
    if (!stream_) return fail(Errc::session_expired, "port 9999: no connection");
    const Buffer frame = xor_frame(plain);
    const bool kept = std::exchange(used_, true);
    bool begun = false;
    auto reply = exchange_once(frame, begun);
    if (!reply && reply.error().code == Errc::unreachable && kept && !begun) {
        TRY_VOID(login());
        used_ = true;
        reply = exchange_once(frame, begun);
    }
    if (!reply) stream_.reset(); // what else may come on it belongs to no request
    return reply;
}

} // namespace tplink::kasa
