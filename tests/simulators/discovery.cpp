#include "tests/simulators/discovery.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <system_error>
#include <thread>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kHeader = 16;
constexpr std::uint32_t kCrcSeed = 0x5A6B7C8D; // stands in the CRC field while the CRC is computed

std::uint32_t crc_of(Buffer datagram) {
    store_be32(std::span<std::byte, 4>(datagram.data() + 12, 4), kCrcSeed);
    return crc32_ieee(datagram);
}

std::uint16_t be16_at(Bytes data, std::size_t at) {
    return load_be16(std::span<const std::byte, 2>(data.data() + at, 2));
}

std::string rsa_key_in(std::string_view body) {
    boost::system::error_code error;
    const json::value parsed = json::parse(body, error);
    boost::system::error_code missing;
    const json::value* key = error ? nullptr : parsed.find_pointer("/params/rsa_key", missing);
    return key && key->is_string() ? std::string(key->get_string()) : std::string();
}

} // namespace

std::optional<Probe> parse_probe(Bytes datagram) {
    if (datagram.size() < kHeader || datagram[0] != std::byte{2} || be16_at(datagram, 2) != 1 ||
        be16_at(datagram, 4) != datagram.size() - kHeader)
        return std::nullopt;
    const std::uint32_t sent = load_be32(std::span<const std::byte, 4>(datagram.data() + 12, 4));
    if (sent != crc_of(to_buffer(datagram))) return std::nullopt;
    return Probe{rsa_key_in(as_text(datagram.subspan(kHeader)))};
}

Buffer build_answer(std::string_view body) {
    Buffer out(kHeader);
    out[0] = std::byte{2};
    out[3] = std::byte{1};
    store_be16(std::span<std::byte, 2>(out.data() + 4, 2), static_cast<std::uint16_t>(body.size()));
    append(out, body);
    store_be32(std::span<std::byte, 4>(out.data() + 12, 4), crc_of(out));
    return out;
}

struct DiscoveryResponder::State {
    int fd = -1;
    int wake_fd = -1;
    Announce announce;
    std::jthread thread;

    void run(const std::stop_token& stop) const {
        Buffer datagram(2048);
        while (!stop.stop_requested()) {
            std::array<pollfd, 2> entries{{{fd, POLLIN, 0}, {wake_fd, POLLIN, 0}}};
            ::poll(entries.data(), entries.size(), -1);
            if ((entries[0].revents & POLLIN) == 0) continue;
            sockaddr_in from{};
            socklen_t size = sizeof from;
            const ssize_t got = ::recvfrom(fd, datagram.data(), datagram.size(), MSG_DONTWAIT,
                                           reinterpret_cast<sockaddr*>(&from), &size);
            if (got <= 0) continue;
            const auto probe = parse_probe(Bytes(datagram).first(static_cast<std::size_t>(got)));
            const std::string text = probe ? announce(*probe) : std::string();
            if (text.empty()) continue;
            const Buffer answer = build_answer(text);
            ::sendto(fd, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
        }
    }
};

DiscoveryResponder::DiscoveryResponder(const std::string& address, std::uint16_t port, Announce announce)
    : state_(std::make_unique<State>()) {
    state_->announce = std::move(announce);
    state_->fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    if (inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1 ||
        ::bind(state_->fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) {
        const int error = errno;
        ::close(state_->fd);
        throw std::system_error(error, std::system_category(),
                                "cannot listen on UDP " + address + ":" + std::to_string(port));
    }
    state_->wake_fd = ::eventfd(0, EFD_CLOEXEC);
    state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

DiscoveryResponder::~DiscoveryResponder() {
    state_->thread.request_stop();
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(state_->wake_fd, &one, sizeof one);
    state_->thread.join();
    ::close(state_->wake_fd);
    ::close(state_->fd);
}

std::uint16_t DiscoveryResponder::port() const {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    getsockname(state_->fd, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

} // namespace tplink::sim
