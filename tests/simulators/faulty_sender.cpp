#include "tests/simulators/faulty_sender.hpp"

#include <algorithm>
#include <string_view>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/http_message.hpp"

namespace tplink::sim {
namespace {

/// In pieces with a pause between, so that they arrive as separate packets.
bool write_split(Connection& connection, std::string_view bytes, std::size_t piece) {
    while (!bytes.empty()) {
        if (!connection.write(bytes.substr(0, piece))) return false;
        bytes.remove_prefix(std::min(piece, bytes.size()));
        if (!bytes.empty() && !connection.wait_open(std::chrono::milliseconds(1))) return false;
    }
    return true;
}

} // namespace

bool send_with_faults(Connection& connection, const Faults& faults, Strike strike, const Outgoing& out) {
    if (faults.delay_ms > 0 && !connection.wait_open(std::chrono::milliseconds(faults.delay_ms)))
        return false;
    const std::string_view bytes = out.bytes;
    switch (strike) {
    case Strike::none:
    case Strike::forbid:
    case Strike::too_many:
        return faults.split_bytes > 0
                   ? write_split(connection, bytes, static_cast<std::size_t>(faults.split_bytes))
                   : connection.write(bytes);
    case Strike::garbage: return connection.write(out.garbage);
    case Strike::noise: connection.write(noise_bytes()); return false;
    case Strike::reset:
        connection.write(bytes.substr(0, bytes.size() / 2));
        connection.reset();
        return false;
    case Strike::stall:
        connection.write(
            bytes.substr(0, bytes.size() - std::clamp<std::size_t>(out.kept_back, 1, bytes.size())));
        break;
    case Strike::deaf:
    case Strike::drop: break;
    }
    connection.wait_closed();
    return false;
}

} // namespace tplink::sim
