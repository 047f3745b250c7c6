#include "protocols/net/tcp_stream.hpp"

#include <future>
#include <gmock/gmock.h>
#include <netinet/tcp.h>

#include "tests/protocols/support/raw_server.hpp"

namespace tplink::net {
namespace {

using namespace std::chrono_literals;
using test::RawPeer;
using test::RawServer;

std::unique_ptr<TcpStream> connected(TcpConnector& connector, const RawServer& server) {
    auto stream = connector.connect("127.0.0.1", server.port(), 3s);
    EXPECT_TRUE(stream) << stream.error().what;
    return std::move(stream).value();
}

TEST(TcpStream, CarriesBytesBothWaysAndSeesTheEnd) {
    RawServer server([](RawPeer& peer, int) { peer.write("got " + peer.read_until("\n")); });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    ASSERT_TRUE(stream->write_all(as_bytes("ping\n"), 3s));
    std::string text;
    std::array<std::byte, 64> buffer{};
    for (;;) {
        const auto count = stream->read_some(buffer, 3s);
        ASSERT_TRUE(count) << count.error().what;
        if (*count == 0) break;
        text += as_text(Bytes(buffer).first(*count));
    }
    EXPECT_EQ(text, "got ping\n");
}

TEST(TcpStream, SilenceIsATimeout) {
    RawServer server([](RawPeer& peer, int) { peer.wait_closed(); });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    std::array<std::byte, 64> buffer{};
    const auto count = stream->read_some(buffer, 30ms);
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, Errc::timeout);
}

TEST(TcpStream, AResetIsUnreachable) {
    RawServer server([](RawPeer& peer, int) {
        peer.read_until("x");
        peer.reset();
    });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    ASSERT_TRUE(stream->write_all(as_bytes("x"), 3s));
    std::array<std::byte, 64> buffer{};
    const auto count = stream->read_some(buffer, 3s);
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, Errc::unreachable);
    const auto written = stream->write_all(Buffer(1 << 20), 3s); // must not raise SIGPIPE
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::unreachable);
}

TEST(TcpStream, AFullPeerIsATimeoutForTheWriter) {
    std::promise<void> done;
    RawServer server([&](RawPeer&, int) { done.get_future().wait(); });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    const auto written = stream->write_all(Buffer(64 << 20), 100ms);
    done.set_value();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Errc::timeout);
}

TEST(TcpStream, CancelWakesTheReaderAndStays) {
    RawServer server([](RawPeer& peer, int) { peer.wait_closed(); });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    auto other = connected(*connector, server);
    std::array<std::byte, 64> buffer{};
    auto reader = std::async(std::launch::async, [&] { return stream->read_some(buffer, 60s); });
    stream->cancel();
    const auto count = reader.get();
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code, Errc::cancelled);
    EXPECT_EQ(stream->write_all(as_bytes("x"), 1s).error().code, Errc::cancelled);
    EXPECT_TRUE(other->write_all(as_bytes("x"), 1s)) << "only that stream was cancelled";
}

TEST(TcpConnector, CancelReachesItsStreamsAndLaterConnects) {
    RawServer server([](RawPeer& peer, int) { peer.wait_closed(); });
    auto connector = make_tcp_connector();
    auto stream = connected(*connector, server);
    std::array<std::byte, 64> buffer{};
    auto reader = std::async(std::launch::async, [&] { return stream->read_some(buffer, 60s); });
    connector->cancel();
    EXPECT_EQ(reader.get().error().code, Errc::cancelled);
    EXPECT_EQ(connector->connect("127.0.0.1", server.port(), 3s).error().code, Errc::cancelled);
}

/// A listener whose queue is full: further connections hang in connect().
class FullListener {
public:
    FullListener() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(fd_, 0);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }
    ~FullListener() { ::close(fd_); }
    std::uint16_t port = 0;

private:
    int fd_;
};

TEST(TcpConnector, CancelFreesAConnectInProgress) {
    FullListener listener;
    auto connector = make_tcp_connector();
    std::vector<std::unique_ptr<TcpStream>> filling;
    for (;;) {
        auto stream = connector->connect("127.0.0.1", listener.port, 50ms);
        if (!stream) {
            EXPECT_EQ(stream.error().code, Errc::timeout);
            break;
        }
        filling.push_back(std::move(*stream));
        ASSERT_LT(filling.size(), 100U);
    }
    auto pending =
        std::async(std::launch::async, [&] { return connector->connect("127.0.0.1", listener.port, 60s); });
    connector->cancel();
    EXPECT_EQ(pending.get().error().code, Errc::cancelled);
}

TEST(TcpConnector, NamesWhatItCouldNotReach) {
    std::uint16_t port = 0;
    {
        RawServer server([](RawPeer&, int) {});
        port = server.port();
    }
    auto connector = make_tcp_connector();
    const auto stream = connector->connect("127.0.0.1", port, 3s);
    ASSERT_FALSE(stream);
    EXPECT_EQ(stream.error().code, Errc::unreachable);
    EXPECT_THAT(stream.error().what, testing::HasSubstr("127.0.0.1:" + std::to_string(port)));
}

} // namespace
} // namespace tplink::net
