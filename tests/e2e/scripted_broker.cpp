#include "tests/e2e/scripted_broker.hpp"

#include <algorithm>
#include <array>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace tplink::e2e {
namespace {

constexpr int kLookAtStopMs = 20;

bool readable(int fd, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd waiting{fd, POLLIN, 0};
        if (::poll(&waiting, 1, kLookAtStopMs) > 0) return true;
    }
    return false;
}

template <std::size_t N> void send_bytes(int fd, const std::array<std::uint8_t, N>& bytes) {
    (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace

ScriptedBroker::ScriptedBroker(ScriptedBrokerOptions options) : options_(std::move(options)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    const bool ok = ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                    ::listen(listener_, 4) == 0 &&
                    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0;
    if (!ok) throw std::runtime_error("cannot listen on loopback");
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ScriptedBroker::~ScriptedBroker() {
    thread_.request_stop();
    thread_.join();
    ::close(listener_);
}

void ScriptedBroker::run(const std::stop_token& stop) {
    while (readable(listener_, stop)) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        serve(fd, stop);
        ::close(fd);
    }
}

// MQTT 5 section 3.1: packet type, length, "MQTT" with its length, then the protocol level.
void ScriptedBroker::serve(int fd, const std::stop_token& stop) const {
    std::array<std::uint8_t, 1024> packet{};
    if (!readable(fd, stop)) return;
    const auto size = ::recv(fd, packet.data(), packet.size(), 0);
    if (size < 10 || packet[0] != 0x10) return;
    const bool long_length = (packet[1] & 0x80U) != 0;
    const int level = packet[long_length ? 9 : 8];
    const bool known = std::find(options_.versions.begin(), options_.versions.end(), level) != options_.versions.end();
    if (!known) return send_bytes<4>(fd, {0x20, 0x02, 0x00, 0x01});  // 3.1.1: unacceptable protocol version
    if (level == 5) send_bytes<5>(fd, {0x20, 0x03, 0x00, 0x00, 0x00});
    else send_bytes<4>(fd, {0x20, 0x02, 0x00, 0x00});
    if (options_.disconnect_reason != 0) return send_bytes<4>(fd, {0xE0, 0x02, options_.disconnect_reason, 0x00});
    while (readable(fd, stop))
        if (::recv(fd, packet.data(), packet.size(), 0) <= 0) return;
}

}  // namespace tplink::e2e
