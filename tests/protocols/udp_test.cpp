#include "protocols/net/udp.hpp"

#include <arpa/inet.h>
#include <future>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tplink::net {
namespace {

using namespace std::chrono_literals;

/// A socket on loopback and its port.
struct Bound {
    std::unique_ptr<UdpSocket> socket;
    std::uint16_t port = 0;
};

/// A port that was free a moment ago.
std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

Bound bound_socket() {
    Bound bound;
    bound.port = free_port();
    auto socket = make_udp_socket("127.0.0.1", bound.port);
    EXPECT_TRUE(socket) << socket.error().what;
    if (socket) bound.socket = std::move(*socket);
    return bound;
}

TEST(UdpSocket, CarriesDatagramsAndNamesTheSender) {
    Bound receiver = bound_socket();
    auto sender = make_udp_socket("127.0.0.1");
    ASSERT_TRUE(sender);
    ASSERT_TRUE((*sender)->send_to(as_bytes("probe"), "127.0.0.1", receiver.port));
    const auto got = receiver.socket->receive(3s);
    ASSERT_TRUE(got && *got);
    EXPECT_EQ(as_text((*got)->data), "probe");
    EXPECT_EQ((*got)->address, "127.0.0.1");
    ASSERT_TRUE(receiver.socket->send_to(Buffer{}, (*got)->address, (*got)->port));
    const auto empty = (*sender)->receive(3s);
    ASSERT_TRUE(empty && *empty) << "an empty datagram is one too";
    EXPECT_TRUE((*empty)->data.empty());
    EXPECT_EQ((*empty)->port, receiver.port);
}

TEST(UdpSocket, SilenceIsNoError) {
    auto socket = make_udp_socket("127.0.0.1");
    ASSERT_TRUE(socket);
    const auto got = (*socket)->receive(10ms);
    ASSERT_TRUE(got);
    EXPECT_FALSE(*got);
}

TEST(UdpSocket, ARefusedProbeDoesNotSpoilTheSocket) {
    Bound receiver = bound_socket();
    const std::uint16_t closed_port = receiver.port;
    receiver.socket.reset();
    auto socket = make_udp_socket("127.0.0.1");
    ASSERT_TRUE(socket);
    ASSERT_TRUE((*socket)->send_to(as_bytes("x"), "127.0.0.1", closed_port));
    const auto got = (*socket)->receive(50ms);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_FALSE(*got);
}

TEST(UdpSocket, CancelWakesAndStays) {
    auto socket = make_udp_socket("127.0.0.1");
    ASSERT_TRUE(socket);
    auto waiting = std::async(std::launch::async, [&] { return (*socket)->receive(60s); });
    (*socket)->cancel();
    EXPECT_EQ(waiting.get().error().code, Errc::cancelled);
    EXPECT_EQ((*socket)->receive(1s).error().code, Errc::cancelled);
}

TEST(UdpSocket, TakesNumericAddressesOnly) {
    EXPECT_EQ(make_udp_socket("localhost").error().code, Errc::unreachable);
    auto socket = make_udp_socket("127.0.0.1");
    ASSERT_TRUE(socket);
    EXPECT_EQ((*socket)->send_to(as_bytes("x"), "camera", 9).error().code, Errc::unreachable);
}

TEST(BroadcastAddresses, AlwaysHoldTheLimitedOne) {
    const auto addresses = broadcast_addresses();
    EXPECT_THAT(addresses, testing::Contains("255.255.255.255"));
    EXPECT_THAT(addresses, testing::Not(testing::Contains(testing::StartsWith("127."))));
}

} // namespace
} // namespace tplink::net
