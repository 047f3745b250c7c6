#include "protocols/kasa/xor_transport.hpp"

#include <utility>

#include "protocols/kasa/xor.hpp"

namespace tplink::kasa {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{4000};

} // namespace

XorTransport::XorTransport(std::unique_ptr<net::TcpConnector> connector, std::string host, std::uint16_t port)
    : connector_(std::move(connector)), host_(std::move(host)), port_(port) {}

Result<void> XorTransport::login() {
    stream_.reset(); // a device serves few connections: never two of ours
    stream_ = TRY(connector_->connect(host_, port_, kConnectTimeout));
    used_ = false;
    return {};
}

Result<void> XorTransport::read_exactly(std::span<std::byte> out, bool& begun) {
    const auto deadline = std::chrono::steady_clock::now() + reply_timeout_;
    while (!out.empty()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0) return fail(Errc::timeout, "port 9999: no whole answer in time");
        const std::size_t count = TRY(stream_->read_some(out, left));
        if (count == 0) return fail(Errc::unreachable, "port 9999: the device closed the connection");
        begun = true;
        out = out.subspan(count);
    }
    return {};
}

Result<std::string> XorTransport::exchange_once(Bytes frame, bool& begun) {
    TRY_VOID(stream_->write_all(frame, reply_timeout_));
    std::array<std::byte, kXorHeadBytes> head{};
    TRY_VOID(read_exactly(head, begun));
    Buffer cipher(TRY(xor_length(head)));
    TRY_VOID(read_exactly(cipher, begun));
    return xor_decrypt(cipher);
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
