#include "tests/simulators/xor_server.hpp"

#include <optional>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/faulty_sender.hpp"
#include "tests/simulators/xor_cipher.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kMaxRequest = std::size_t{16} * 1024;

/// Exactly `count` bytes; nothing at the end of the connection.
std::optional<Buffer> read_exactly(Connection& connection, std::size_t count) {
    std::string out(count, '\0');
    for (std::size_t have = 0; have < count;) {
        const std::size_t got = connection.read(out.data() + have, count - have);
        if (got == 0) return std::nullopt;
        have += got;
    }
    return to_buffer(as_bytes(out));
}

std::optional<std::string> read_frame(Connection& connection) {
    const auto head = read_exactly(connection, 4);
    if (!head) return std::nullopt;
    const std::uint32_t size = load_be32(std::span<const std::byte, 4>(head->data(), 4));
    if (size > kMaxRequest) return std::nullopt; // a small buffer: the device gives up
    const auto body = read_exactly(connection, size);
    return body ? std::optional(xor_decrypt(*body)) : std::nullopt;
}

} // namespace

XorServer::XorServer(TcpPortOptions options, Handler handler, FaultSwitch& faults)
    : handler_(std::move(handler)), faults_(faults),
      port_(std::move(options), [this](Connection& connection, const std::string&) { serve(connection); }) {}

void XorServer::serve(Connection& connection) {
    while (const auto request = read_frame(connection)) {
        const Faults faults = faults_.get(); // as they were when the request came
        const Strike strike = faults_.next_strike();
        if (strike == Strike::deaf) {
            connection.wait_closed();
            return;
        }
        if (strike == Strike::forbid || strike == Strike::too_many) return;
        const XorAnswer answer = handler_(*request);
        if (answer.json.empty()) return;
        const Buffer frame = xor_frame(answer.json);
        const bool go_on =
            send_with_faults(connection, faults, strike,
                             {.bytes = std::string(as_text(frame)),
                              .kept_back = answer.json.size() / 2,
                              .garbage = std::string(as_text(xor_frame(as_text(random_bytes(40)))))});
        if (answer.then) answer.then();
        if (!go_on || faults.close_after_answer) return;
    }
}

} // namespace tplink::sim
