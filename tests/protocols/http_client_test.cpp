#include "protocols/net/http_client.hpp"

#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <mutex>

#include "tests/protocols/support/raw_server.hpp"

namespace tplink::net {
namespace {

using namespace std::chrono_literals;
using test::RawPeer;
using test::RawServer;

constexpr const char* kOk =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}";

HttpOptions options_for(const RawServer& server) {
    HttpOptions options;
    options.host = "127.0.0.1";
    options.port = server.port();
    options.connect_timeout = 3s;
    options.reply_timeout = 3s;
    return options;
}

HttpRequest post(std::string path = "/app", std::string body = "{}") {
    HttpRequest request;
    request.path = std::move(path);
    request.body = std::move(body);
    return request;
}

TEST(HttpClient, SendsHeadersAsSpelledAndPathRaw) {
    std::promise<std::string> seen;
    RawServer server([&](RawPeer& peer, int) {
        seen.set_value(peer.read_request());
        peer.write(
            "HTTP/1.1 200 OK\r\nSet-Cookie: TP_SESSIONID=AB;TIMEOUT=1440\r\nContent-Length: 5\r\n\r\nhello");
    });
    auto client = make_http_client(options_for(server));
    HttpRequest request = post("/stok=abc)('~+,;=/ds", "{\"a\":1}");
    request.headers = {{"requestByApp", "true"}, {"Seq", "7"}};
    const auto response = client->send(request);
    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "hello");
    EXPECT_EQ(response->header("set-cookie"), "TP_SESSIONID=AB;TIMEOUT=1440");
    EXPECT_EQ(response->header("absent"), "");
    const std::string sent = seen.get_future().get();
    EXPECT_THAT(sent, testing::StartsWith("POST /stok=abc)('~+,;=/ds HTTP/1.1\r\n"));
    EXPECT_THAT(sent, testing::HasSubstr("\r\nContent-Length: 7\r\n"));
    EXPECT_THAT(sent, testing::HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(sent, testing::HasSubstr("\r\nrequestByApp: true\r\n"));
    EXPECT_THAT(sent, testing::HasSubstr("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
    EXPECT_THAT(sent, testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST(HttpClient, KeepsTheConnection) {
    std::atomic<int> connections = 0;
    RawServer server([&](RawPeer& peer, int) {
        ++connections;
        for (int i = 0; i < 3; ++i) {
            peer.read_request();
            peer.write(kOk);
        }
    });
    auto client = make_http_client(options_for(server));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->send(post()));
    EXPECT_EQ(connections, 1);
}

TEST(HttpClient, AnyStatusIsAReplyAndItsBodyIsRead) {
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 16\r\n\r\n{\"error_code\":0}");
    });
    const auto response = make_http_client(options_for(server))->send(post());
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(response->body, "{\"error_code\":0}");
}

TEST(HttpClient, SendsOnceMoreWhenAKeptConnectionDiedUnanswered) {
    std::atomic<int> requests = 0;
    RawServer server([&](RawPeer& peer, int index) {
        peer.read_request();
        ++requests;
        peer.write(kOk);
        if (index == 0) {
            peer.read_request();
            ++requests;
            peer.reset();
        }
    });
    auto client = make_http_client(options_for(server));
    ASSERT_TRUE(client->send(post()));
    const auto second = client->send(post());
    ASSERT_TRUE(second) << second.error().what;
    EXPECT_EQ(requests, 3);
}

TEST(HttpClient, DoesNotRepeatOnAFreshConnection) {
    std::atomic<int> requests = 0;
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        ++requests;
    });
    const auto response = make_http_client(options_for(server))->send(post());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unreachable);
    EXPECT_EQ(requests, 1);
}

TEST(HttpClient, DoesNotRepeatWhenTheReplyHadBegun) {
    std::atomic<int> requests = 0;
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        ++requests;
        peer.write(kOk);
        peer.read_request();
        ++requests;
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    });
    auto client = make_http_client(options_for(server));
    ASSERT_TRUE(client->send(post()));
    const auto second = client->send(post());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unreachable);
    EXPECT_EQ(requests, 2);
}

TEST(HttpClient, ReplyDeadlineCountsForTheWholeReply) {
    std::promise<void> done;
    auto finished = done.get_future().share();
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        while (finished.wait_for(20ms) == std::future_status::timeout) peer.write("x");
    });
    HttpOptions options = options_for(server);
    options.reply_timeout = 150ms;
    const auto start = std::chrono::steady_clock::now();
    const auto response = make_http_client(options)->send(post());
    const auto took = std::chrono::steady_clock::now() - start;
    done.set_value();
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::timeout);
    EXPECT_LT(took, 2s);
}

TEST(HttpClient, RefusedConnectionIsUnreachableAndNamed) {
    std::uint16_t port = 0;
    {
        RawServer server([](RawPeer&, int) {});
        port = server.port();
    }
    HttpOptions options;
    options.host = "127.0.0.1";
    options.port = port;
    const auto response = make_http_client(options)->send(post());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unreachable);
    EXPECT_THAT(response.error().what, testing::HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST(HttpClient, CancelFreesAWaitingRequestAndStays) {
    std::promise<void> asked;
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        asked.set_value();
        peer.wait_closed();
    });
    HttpOptions options = options_for(server);
    options.reply_timeout = 60s;
    auto client = make_http_client(options);
    std::thread canceller([&] {
        asked.get_future().wait();
        client->cancel();
    });
    const auto first = client->send(post());
    canceller.join();
    ASSERT_FALSE(first);
    EXPECT_EQ(first.error().code, Errc::cancelled);
    const auto second = client->send(post());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::cancelled);
}

TEST(HttpClient, CancelFreesATlsHandshake) {
    std::promise<void> connected;
    RawServer server([&](RawPeer& peer, int) {
        connected.set_value();
        peer.wait_closed(); // never answers the ClientHello
    });
    HttpOptions options = options_for(server);
    options.tls = Tls::device;
    options.connect_timeout = 60s;
    auto client = make_http_client(options);
    std::thread canceller([&] {
        connected.get_future().wait();
        client->cancel();
    });
    const auto response = client->send(post());
    canceller.join();
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::cancelled);
}

TEST(HttpClient, RefusesAPathThatWouldWriteHeaders) {
    RawServer server([](RawPeer&, int) {});
    const auto response = make_http_client(options_for(server))->send(post("/stok=a\r\nX: y/ds"));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::malformed);
}

class BadReply : public testing::TestWithParam<std::string> {};

TEST_P(BadReply, IsMalformed) {
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        peer.write(GetParam());
        peer.wait_closed();
    });
    HttpOptions options = options_for(server);
    options.max_body = 64 << 10;
    const auto response = make_http_client(options)->send(post());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::malformed) << response.error().what;
}

std::string repeated(std::string_view piece, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += piece;
    return text;
}

INSTANTIATE_TEST_SUITE_P(
    HttpClient, BadReply,
    testing::Values("SSH-2.0-dropbear\r\n", std::string(70000, 'H'),
                    "HTTP/1.1 200 " + std::string(500000, 'x'),
                    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 " + std::string(500000, 'x'),
                    "HTTP/1.1 200 OK\r\n" + repeated("a: b\r\n", 2000),
                    "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + std::string(70000, 'x'),
                    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + std::string(300000, 'x'),
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                        repeated("4000\r\n" + std::string(0x4000, 'x') + "\r\n", 9),
                    "HTTP/1.1 abc OK\r\n\r\n"));

TEST(HttpClient, ReadsABodyThatEndsWithTheConnection) {
    RawServer server([&](RawPeer& peer, int) {
        peer.read_request();
        peer.write("HTTP/1.0 200 OK\r\n\r\n{\"error_code\":0}");
    });
    const auto response = make_http_client(options_for(server))->send(post());
    ASSERT_TRUE(response) << response.error().what;
    EXPECT_EQ(response->body, "{\"error_code\":0}");
}

} // namespace
} // namespace tplink::net
