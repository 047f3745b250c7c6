#include "tests/simulators/udp_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <limits>

#include "tests/simulators/reactor.hpp"
#include "tests/simulators/sockets.hpp"

namespace tplink::sim {

struct UdpPort::State {
    int fd = -1;
    std::shared_ptr<Reactor> reactor;
    Answer answer;
    std::atomic<std::int64_t> silent_until_ms = 0; ///< steady; the largest value while killed

    static std::int64_t now_ms() {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
    void on_readable() {
        Buffer datagram(65536);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const ssize_t got = ::recvfrom(fd, datagram.data(), datagram.size(), MSG_DONTWAIT,
                                       reinterpret_cast<sockaddr*>(&from), &size);
        if (got <= 0 || now_ms() < silent_until_ms) return;
        const auto out = answer(Bytes(datagram).first(static_cast<std::size_t>(got)));
        if (out) ::sendto(fd, out->data(), out->size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
    }
};

UdpPort::UdpPort(std::string address, std::uint16_t port, std::shared_ptr<Reactor> reactor, Answer answer)
    : address_(std::move(address)), port_(port), state_(std::make_unique<State>()) {
    state_->reactor = std::move(reactor);
    state_->answer = std::move(answer);
}

UdpPort::~UdpPort() { stop(); }

void UdpPort::start() {
    if (state_->fd >= 0) return;
    state_->fd = bind_udp(address_, port_);
    port_ = port_of(state_->fd);
    if (!state_->reactor) state_->reactor = std::make_shared<Reactor>();
    state_->reactor->watch(state_->fd, [state = state_.get()] { state->on_readable(); });
}

void UdpPort::stop() {
    if (state_->fd < 0) return;
    state_->reactor->forget(state_->fd);
    ::close(state_->fd);
    state_->fd = -1;
    state_->reactor.reset();
}

bool UdpPort::listening() const { return state_->fd >= 0 && State::now_ms() >= state_->silent_until_ms; }

void UdpPort::kill() { state_->silent_until_ms = std::numeric_limits<std::int64_t>::max(); }

void UdpPort::revive(std::chrono::milliseconds after) {
    state_->silent_until_ms = after.count() == 0 ? 0 : State::now_ms() + after.count();
}

} // namespace tplink::sim
