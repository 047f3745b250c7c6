// The server over real sockets on loopback.

#include "gateway/web/server.hpp"

#include <arpa/inet.h>
#include <future>
#include <gtest/gtest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "tests/gateway/web_fixture.hpp"

namespace tplink::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::ScriptedBackend;

/// A TCP connection that says what it likes.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const timeval patience{15, 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    ~RawClient() { ::close(socket_); }
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    void send(std::string_view text) {
        while (!text.empty()) {
            const auto n = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// Reads until `mark` came or the other side closed.
    std::string read_until(std::string_view mark) {
        while (input_.find(mark) == std::string::npos) {
            char piece[4096];
            const auto n = ::recv(socket_, piece, sizeof piece, 0);
            if (n <= 0) break;
            input_.append(piece, static_cast<std::size_t>(n));
        }
        return input_;
    }
    std::string read_all() { return read_until("\x01never\x01"); }
    void forget() { input_.clear(); }

private:
    int socket_;
    std::string input_;
};

class WebServerTest : public ::testing::Test {
protected:
    void SetUp() override { start({}); }
    void start(WebOptions options) {
        options.address = "127.0.0.1";
        options.port = 0;
        auto started = WebServer::start(options, backend);
        ASSERT_TRUE(started) << started.error().what;
        server = std::move(*started);
        client = std::make_unique<httplib::Client>("127.0.0.1", server->port());
    }
    static void expect_error(const httplib::Result& result, int status, std::string_view code) {
        ASSERT_TRUE(result);
        EXPECT_EQ(result->status, status) << result->body;
        boost::json::error_code fault;
        const auto body = boost::json::parse(result->body, fault);
        ASSERT_FALSE(fault) << result->body;
        const auto* error = body.as_object().if_contains("error");
        ASSERT_NE(error, nullptr) << result->body;
        EXPECT_EQ(error->at("code").as_string(), code);
        EXPECT_FALSE(error->at("message").as_string().empty());
        EXPECT_TRUE(error->as_object().contains("hint"));
    }

    ScriptedBackend backend;
    std::unique_ptr<WebServer> server;
    std::unique_ptr<httplib::Client> client;
};

TEST_F(WebServerTest, ServesThePageWithItsSecurityHeaders) {
    const auto page = client->Get("/");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 200);
    EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(page->get_header_value("Cache-Control"), "no-cache");
    EXPECT_EQ(page->get_header_value("X-Content-Type-Options"), "nosniff");
    const std::string policy = page->get_header_value("Content-Security-Policy");
    EXPECT_NE(policy.find("script-src 'self'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'self'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_EQ(policy.find("http"), std::string::npos);
    const auto again = client->Get("/", {{"If-None-Match", page->get_header_value("ETag")}});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->status, 304);
    EXPECT_TRUE(again->body.empty());
}

TEST_F(WebServerTest, EveryAddressInThePageIsRelativeAndCachedForEver) {
    const auto page = client->Get("/");
    ASSERT_TRUE(page);
    std::size_t found = 0;
    for (std::size_t at = 0; (at = page->body.find("assets/", at)) != std::string::npos; ++found) {
        EXPECT_EQ(page->body[at - 1], '"') << "relative, so that a prefix stays";
        const std::size_t end = page->body.find('"', at);
        const auto asset = client->Get("/" + page->body.substr(at, end - at), {{"Accept-Encoding", "gzip"}});
        ASSERT_TRUE(asset);
        EXPECT_EQ(asset->status, 200);
        EXPECT_NE(asset->get_header_value("Cache-Control").find("immutable"), std::string::npos);
        at = end;
    }
    EXPECT_EQ(page->body.find("=\"/"), std::string::npos);
    EXPECT_EQ(page->body.find("://"), std::string::npos);
#ifdef WITH_PAGE
    EXPECT_GE(found, 3U);
#endif
}

TEST_F(WebServerTest, DevicesAndErrorsAreJson) {
    const auto devices = client->Get("/api/devices");
    ASSERT_TRUE(devices);
    EXPECT_EQ(devices->body, "[{\"id\":\"a1\",\"name\":\"Hall\"}]\n");
    EXPECT_EQ(devices->get_header_value("Content-Type"), "application/json");
    EXPECT_EQ(devices->get_header_value("Cache-Control"), "no-store");
    EXPECT_EQ(client->Get("/api/devices/a1")->status, 200);
    expect_error(client->Get("/api/devices/b2"), 404, "not_found");
    expect_error(client->Get("/api/devices/a1/live.avi"), 404, "not_found");
    expect_error(client->Get("/api/devices/a1/talk/x"), 404, "not_found");
    expect_error(client->Get("/nothing"), 404, "not_found");
    expect_error(client->Get("/api"), 404, "not_found");
    expect_error(client->Get("//"), 404, "not_found");
    expect_error(client->Put("/api/devices/a1", "{}", "application/json"), 405, "method_not_allowed");
    expect_error(client->Delete("/api/devices"), 405, "method_not_allowed");
    expect_error(client->Patch("/api/devices/throw", "{\"name\":\"x\"}", "application/json"), 500,
                 "internal");
    const auto head = client->Head("/api/devices");
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_TRUE(head->body.empty());
}

TEST_F(WebServerTest, SetAnswersOneResultPerPropertyInOrder) {
    const auto result =
        client->Post("/api/devices/a1/set", R"({"volume":5,"privacy":"ON"})", "application/json");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 200);
    const auto list = boost::json::parse(result->body).as_array();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].at("property").as_string(), "volume");
    EXPECT_EQ(list[1].at("property").as_string(), "privacy");
    expect_error(client->Post("/api/devices/b2/set", R"({"privacy":"ON"})", "application/json"), 404,
                 "not_found");
    for (const char* body : {"", "{}", "[]", "nonsense", "{\"a\":", "\"text\"", "\xff\xfe"}) {
        expect_error(client->Post("/api/devices/a1/set", body, "application/json"), 400, "bad_request");
    }
    const std::string deep = "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}";
    expect_error(client->Post("/api/devices/a1/set", deep, "application/json"), 400, "bad_request");
}

TEST_F(WebServerTest, BodiesAreBounded) {
    const std::string large(102400, 'x'), huge(1048576, 'x');
    expect_error(client->Post("/api/devices/a1/set", "{\"a\":\"" + large + "\"}", "application/json"), 413,
                 "too_large");
    expect_error(client->Post("/api/devices/a1/set", huge, "application/json"), 413, "too_large");
    const auto chunked = client->Post(
        "/api/devices/a1/set",
        [&](size_t offset, httplib::DataSink& sink) {
            if (offset > 2097152) sink.done();
            return sink.write(large.data(), large.size());
        },
        "application/json");
    if (chunked) { // else the connection was cut while it still sent
        EXPECT_EQ(chunked->status, 413);
    }
    expect_error(client->Get("/" + std::string(4000, 'a')), 414, "too_long");
    EXPECT_EQ(client->Get("/healthz")->status, 200);
}

TEST_F(WebServerTest, BrokenRequestsGetAnAnswerAndNothingElse) {
    const auto ask = [&](std::string_view text) {
        RawClient raw(server->port());
        raw.send(text);
        return raw.read_all();
    };
    EXPECT_TRUE(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(ask("GET / HTTP/1.1\r\nno colon here\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(
        ask("GET / HTTP/1.1\r\nX: " + std::string(20000, 'a') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
    EXPECT_TRUE(
        ask("POST /api/devices/a1/set HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n")
            .starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(ask("POST /api/devices/a1/set HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")
                    .starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(
        ask("POST /api/devices/a1/set HTTP/1.1\r\nContent-Length: -1\r\n\r\n").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(ask("POST /api/devices/a1/set HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n")
                    .starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(ask("POST /api/devices/a1/set HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n")
                    .starts_with("HTTP/1.1 413"));
    // What asks for no password is small and says so before it comes.
    for (const char* head : {"Transfer-Encoding: chunked", "Content-Length: 4097"})
        for (const char* path : {"/login", "/logout"})
            EXPECT_TRUE(ask(std::string("POST ") + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + head + "\r\n\r\n").starts_with("HTTP/1.1 413")) << path << head;
    EXPECT_TRUE(ask("POST /api/devices/a1/set HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                    "multipart/form-data; boundary=x\r\nContent-Length: 1\r\n\r\nx")
                    .starts_with("HTTP/1.1 415"));
    EXPECT_EQ(client->Get("/healthz")->status, 200);
}

TEST_F(WebServerTest, PostWithoutLengthIsAnsweredAtOnce) {
    RawClient raw(server->port());
    raw.send("POST /api/discover HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    EXPECT_NE(raw.read_until("}\n").find("200 OK"), std::string::npos);
}

TEST_F(WebServerTest, BodyOfAGetIsNotTheNextRequest) {
    RawClient raw(server->port());
    raw.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 40\r\n\r\nGET /metrics "
             "HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    const std::string all = raw.read_all();
    EXPECT_NE(all.find("\"ok\":true"), std::string::npos);
    EXPECT_EQ(all.find("up 1"), std::string::npos);
}

TEST_F(WebServerTest, KeptAliveConnectionTakesSeveralRequests) {
    RawClient raw(server->port());
    for (int i = 0; i < 20; ++i) {
        raw.send("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        EXPECT_NE(raw.read_until("up 1\n").find("up 1\n"), std::string::npos) << i;
        raw.forget();
    }
}

TEST_F(WebServerTest, RangesMultiplyNothing) {
    std::string ranges = "bytes=0-";
    while (ranges.size() < 7000) ranges += ",0-";
    const auto page = client->Get("/", {{"Range", ranges}});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 200);
    EXPECT_LT(page->body.size(), 100'000U);
}

TEST_F(WebServerTest, SnapshotTellsWhenItWasTaken) {
    const auto picture = client->Get("/api/devices/a1/snapshot.jpg?max_age_s=30&width=640");
    ASSERT_TRUE(picture);
    EXPECT_EQ(picture->status, 200);
    EXPECT_EQ(picture->get_header_value("Content-Type"), "image/jpeg");
    EXPECT_EQ(picture->get_header_value("X-Picture-Time"), "2026-01-02T03:04:05.678Z");
    EXPECT_TRUE(picture->body.starts_with("\xff\xd8"));
    EXPECT_EQ(backend.last_picture_request.max_age, 30s);
    EXPECT_EQ(backend.last_picture_request.width, 640U);
    for (const char* query :
         {"max_age_s=-1", "max_age_s=soon", "width=99999", "width=1e3", "max_age_s=99999999999999999999"}) {
        expect_error(client->Get(std::string("/api/devices/a1/snapshot.jpg?") + query), 400, "bad_request");
    }
}

TEST_F(WebServerTest, WhepOpensAndCloses) {
    const std::string offer = "v=0\r\na=rtpmap:102 H264/90000\r\n";
    const auto opened = client->Post("/api/devices/a1/whep?stream=main", offer, "application/sdp");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->status, 201);
    EXPECT_EQ(opened->get_header_value("Content-Type"), "application/sdp");
    EXPECT_EQ(opened->get_header_value("ETag"), "\"s1\"");
    const std::string location = opened->get_header_value("Location");
    EXPECT_EQ(location, "/api/devices/a1/whep/s1");
    EXPECT_EQ(client->Patch(location.c_str(), "a=candidate", "application/trickle-ice-sdpfrag")->status, 204);
    const httplib::Headers other{{"If-Match", "\"old\""}};
    expect_error(client->Patch(location.c_str(), other, "a=candidate", "application/trickle-ice-sdpfrag"), 412, "precondition_failed");
    expect_error(client->Patch(location.c_str(), "a=candidate", "application/sdp"), 415, "unsupported_media_type");
    expect_error(client->Patch(location.c_str(), "x", "application/trickle-ice-sdpfrag"), 422, "malformed");
    expect_error(client->Patch("/api/devices/a1/whep/s2", "a=candidate", "application/trickle-ice-sdpfrag"), 404, "not_found");
    expect_error(client->Get(location.c_str()), 405, "method_not_allowed");
    EXPECT_EQ(client->Delete(location.c_str())->status, 200);
    expect_error(client->Delete("/api/devices/a1/whep/other"), 404, "not_found");
    const auto options = client->Options("/api/devices/a1/whep");
    EXPECT_EQ(options->status, 204);
    EXPECT_NE(options->get_header_value("Accept-Post").find("application/sdp"), std::string::npos);
    EXPECT_EQ(options->get_header_value("Access-Control-Allow-Origin"), "*");
    EXPECT_NE(options->get_header_value("Access-Control-Allow-Methods").find("PATCH"), std::string::npos);
    EXPECT_NE(opened->get_header_value("Access-Control-Expose-Headers").find("Location"), std::string::npos);
    EXPECT_EQ(client->Options("/api/devices")->get_header_value("Access-Control-Allow-Origin"), "");
}

TEST_F(WebServerTest, LivePicturesAreAnEndlessBody) {
    const auto mp4 = client->Get("/api/devices/a1/live.mp4");
    ASSERT_TRUE(mp4);
    EXPECT_EQ(mp4->status, 200);
    EXPECT_EQ(mp4->get_header_value("Content-Type"), "video/mp4; codecs=\"avc1.640028\"");
    EXPECT_EQ(mp4->body, "piece.piece.piece.");
    EXPECT_EQ(client->Get("/api/devices/a1/live.mjpeg?width=320&fps=10")->get_header_value("Content-Type"),
              "multipart/x-mixed-replace; boundary=picture");
    expect_error(client->Get("/api/devices/a1/live.mjpeg?fps=0"), 400, "bad_request");
    expect_error(client->Get("/api/devices/a1/live.mjpeg?width=x"), 400, "bad_request");
    expect_error(client->Get("/api/devices/b2/live.mp4"), 404, "not_found");
    expect_error(client->Get("/api/devices/a1/live.mp4?stream=sub"), 503, "refused");
    expect_error(client->Post("/api/devices/a1/live.mp4", "", "text/plain"), 405, "method_not_allowed");
}

TEST_F(WebServerTest, RecordingsAreSeenWhileTheyArrive) {
    const auto whole = client->Get("/api/devices/a1/recordings/r1.mp4?progressive=1");
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->status, 200);
    EXPECT_EQ(whole->get_header_value("Content-Type"), "video/mp4; codecs=\"avc1.640028\"");
    EXPECT_EQ(whole->get_header_value("Accept-Ranges"), "none") << "pieces are of the complete file only";
    EXPECT_EQ(whole->body, "piece.piece.piece.");
    EXPECT_FALSE(client->Get("/api/devices/a1/recordings/breaks.mp4?progressive=1")) << "what broke off must not look whole";
    expect_error(client->Get("/api/devices/b2/recordings/r1.mp4?progressive=1"), 404, "not_found");
}

TEST_F(WebServerTest, DaysWithRecordingsAreListedByMonth) {
    const auto days = client->Get("/api/devices/a1/recordings?month=2026-09");
    ASSERT_TRUE(days);
    EXPECT_EQ(days->body, R"({"days":["2026-09-03","2026-09-18"]})" "\n");
    for (const char* wrong : {"2026-13", "2026-00", "2026-9", "september", "2026-09-18"})
        expect_error(client->Get(std::string("/api/devices/a1/recordings?month=") + wrong), 400, "bad_request");
    expect_error(client->Get("/api/devices/b2/recordings?month=2026-09"), 404, "not_found");
}

TEST_F(WebServerTest, SoundMayBeLargeAndNothingElse) {
    const std::string sound(3U << 20, 's');
    const auto spoken = client->Post("/api/devices/a1/talk", sound, "audio/wav");
    ASSERT_TRUE(spoken);
    EXPECT_EQ(spoken->status, 200);
    EXPECT_EQ(backend.spoken, sound.size());
    expect_error(client->Post("/api/devices/a1/talk", "x", "text/plain"), 415, "unsupported_media_type");
    expect_error(client->Post("/api/devices/a1/talk", "", "audio/wav"), 422, "malformed");
    expect_error(client->Post("/api/devices/b2/talk", "x", "audio/wav"), 404, "not_found");
    expect_error(client->Post("/api/devices/a1/talk", "x", "audio/flac"), 422, "malformed");
    expect_error(client->Post("/api/devices/a1/set", sound, "application/json"), 413, "too_large");
}

TEST_F(WebServerTest, AnswerToAnOversizedBodyIsNotLostWhileTheClientStillSends) {
    // More than any socket buffer holds, so that the sender is still sending when the refusal leaves.
    const std::string body(12U << 20, 's');
    client->set_write_timeout(20);
    client->set_read_timeout(20);
    expect_error(client->Post("/api/devices/a1/set", body, "application/json"), 413, "too_large");
    expect_error(client->Post("/api/devices/b2/talk", body, "audio/wav"), 404, "not_found");
}

TEST_F(WebServerTest, WhepRefusesWithTheReason) {
    const std::string offer = "v=0\r\na=rtpmap:102 H264/90000\r\n";
    expect_error(client->Post("/api/devices/a1/whep", offer, "text/plain"), 415, "unsupported_media_type");
    expect_error(client->Post("/api/devices/a1/whep", "hello", "application/sdp"), 422, "malformed");
    expect_error(client->Post("/api/devices/a1/whep", "v=0\r\na=rtpmap:96 VP8/90000\r\n", "application/sdp"),
                 406, "unsupported");
    expect_error(client->Post("/api/devices/b2/whep", offer, "application/sdp"), 404, "not_found");
    const auto busy = client->Post("/api/devices/a1/whep?stream=sub", offer, "application/sdp");
    expect_error(busy, 503, "refused");
    EXPECT_EQ(busy->get_header_value("Retry-After"), "5");
}

TEST_F(WebServerTest, LinksKeepTheIngressPrefix) {
    const std::string offer = "v=0\r\na=rtpmap:102 H264/90000\r\n";
    const auto location = [&](const char* prefix) {
        return client->Post("/api/devices/a1/whep", {{"X-Ingress-Path", prefix}}, offer, "application/sdp")
            ->get_header_value("Location");
    };
    EXPECT_EQ(location("/api/hassio_ingress/To-k_3n"), "/api/hassio_ingress/To-k_3n/api/devices/a1/whep/s1");
    EXPECT_EQ(location("/x/"), "/x/api/devices/a1/whep/s1");
    for (const char* evil : {"//evil.example", "https://evil.example", "/a b", "relative"}) {
        EXPECT_EQ(location(evil), "/api/devices/a1/whep/s1") << evil;
    }
}

TEST_F(WebServerTest, HealthSaysWhetherAllIsWell) {
    EXPECT_EQ(client->Get("/healthz")->status, 200);
    backend.healthy = false;
    const auto ill = client->Get("/healthz");
    EXPECT_EQ(ill->status, 503);
    EXPECT_EQ(ill->body, "{\"ok\":false}\n");
}

TEST_F(WebServerTest, DevicesAreAddedChangedAndRemoved) {
    EXPECT_EQ(client->Post("/api/devices", R"({"host":"192.168.1.20"})", "application/json")->status, 201);
    expect_error(client->Post("/api/devices", "{}", "application/json"), 400, "bad_request");
    EXPECT_EQ(client->Patch("/api/devices/a1", R"({"name":"Hall"})", "application/json")->body,
              "{\"name\":\"Hall\"}\n");
    EXPECT_EQ(client->Delete("/api/devices/a1")->status, 200);
    EXPECT_EQ(client->Delete("/api/devices/a1", "{}", "application/json")->status, 200);
    expect_error(client->Delete("/api/devices/b2"), 404, "not_found");
    EXPECT_EQ(client->Post("/api/discover", "", "application/json")->status, 200);
}

TEST_F(WebServerTest, EventsArriveAsTheyHappen) {
    backend.bus.publish("log", {{"message", "before"}});
    RawClient raw(server->port());
    raw.send("GET /api/events?log=10 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    EXPECT_NE(raw.read_until("\"before\"").find("Content-Type: text/event-stream"), std::string::npos);
    backend.bus.publish("state", {{"id", "a1"}, {"state", {{"privacy", "ON"}}}});
    EXPECT_NE(raw.read_until("\"ON\"}}\n\n").find("event: state\ndata: {\"id\":\"a1\""), std::string::npos);
}

TEST_F(WebServerTest, SilenceIsFilledWithAHeartbeat) {
    WebOptions options;
    options.heartbeat = 20ms;
    start(options);
    RawClient raw(server->port());
    raw.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    EXPECT_NE(raw.read_until(": still here").find(": still here\n\n"), std::string::npos);
}

TEST_F(WebServerTest, EventReadersAreCountedAndLeaveTheirPlace) {
    WebOptions options;
    options.event_readers_max = 2;
    start(options);
    const char* request = "GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    auto first = std::make_unique<RawClient>(server->port());
    RawClient second(server->port());
    first->send(request);
    second.send(request);
    first->read_until("hello");
    second.read_until("hello");
    expect_error(client->Get("/api/events"), 503, "too_many_readers");
    EXPECT_EQ(client->Get("/api/devices")->status, 200);
    first.reset();
    const auto deadline = steady_clock::now() + 10s;
    bool let_in = false;
    while (!let_in && steady_clock::now() < deadline) {
        RawClient third(server->port());
        third.send(request);
        let_in = third.read_until("\r\n\r\n").starts_with("HTTP/1.1 200");
    }
    EXPECT_TRUE(let_in);
}

TEST_F(WebServerTest, ManyWatchersDoNotStopOthers) {
    std::vector<std::unique_ptr<RawClient>> watchers;
    for (int i = 0; i < 32; ++i) {
        watchers.push_back(std::make_unique<RawClient>(server->port()));
        watchers.back()->send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        watchers.back()->read_until("hello");
    }
    const auto devices = client->Get("/api/devices");
    ASSERT_TRUE(devices);
    EXPECT_EQ(devices->status, 200);
}

TEST_F(WebServerTest, StopsAtOnceWithClientsAttached) {
    RawClient watcher(server->port()), idle(server->port()), half(server->port());
    watcher.send("GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    watcher.read_until("hello");
    idle.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    idle.read_until("}\n");
    half.send("POST /api/devices HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{");
    const auto begin = steady_clock::now();
    server.reset();
    EXPECT_LT(steady_clock::now() - begin, 2s);
    EXPECT_EQ(backend.bus.readers(), 0U);
}

TEST_F(WebServerTest, StopsWhileTheGatewayIsStillWorkingOnAnAnswer) {
    backend.slow_pictures = true;
    RawClient waiting(server->port());
    waiting.send("GET /api/devices/a1/snapshot.jpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    {
        std::unique_lock lock(backend.mutex);
        ASSERT_TRUE(
            backend.entered.wait_for(lock, 10s, [this] { return backend.waiting_for_pictures == 1; }));
    }
    const auto begin = steady_clock::now();
    server.reset();
    EXPECT_LT(steady_clock::now() - begin, 2s);
}

TEST_F(WebServerTest, PasswordGuardsOverTheWireToo) {
    WebOptions options;
    options.user = {"admin", Secret("secret")};
    start(options);
    const auto refused = client->Get("/api/devices");
    expect_error(refused, 401, "unauthorized");
    EXPECT_NE(refused->get_header_value("WWW-Authenticate").find("Basic realm="), std::string::npos);
    EXPECT_EQ(client->Get("/healthz")->status, 200);
    client->set_basic_auth("admin", "secret");
    EXPECT_EQ(client->Get("/api/devices")->status, 200);
    client->set_basic_auth("admin", "wrong");
    expect_error(client->Post("/api/devices/a1/set", R"({"privacy":"ON"})", "application/json"), 401,
                 "unauthorized");
}

TEST_F(WebServerTest, TheFormSignsInAndOut) {
    WebOptions options;
    options.user = {"admin", Secret("secret")};
    start(options);
    const httplib::Headers browser{{"Accept", "text/html,*/*;q=0.8"}, {"Host", "gateway.local"}, {"Origin", "http://gateway.local"}};
    const std::string form = "application/x-www-form-urlencoded";
    const auto opened = client->Get("/", browser);
    EXPECT_EQ(opened->status, 401);
    EXPECT_EQ(opened->get_header_value("WWW-Authenticate"), R"(Bearer realm="tplink2mqtt")");
    EXPECT_NE(opened->body.find("action=\"login\""), std::string::npos);
    EXPECT_EQ(opened->body.find("role=\"alert\""), std::string::npos);
    const auto wrong = client->Post("/login", browser, "username=admin&password=wrong", form);
    EXPECT_EQ(wrong->status, 401);
    EXPECT_NE(wrong->body.find("Wrong user name or password."), std::string::npos);
    EXPECT_EQ(client->Post("/login", {{"Origin", "http://evil.example"}}, "username=admin&password=secret", form)->status, 403);
    EXPECT_EQ(client->Post("/login", browser, "no form", form)->status, 400);
    const auto done = client->Post("/login", browser, "username=admin&password=secret", form);
    EXPECT_EQ(done->status, 303);
    EXPECT_EQ(done->get_header_value("Location"), "./");
    const std::string set = done->get_header_value("Set-Cookie");
    httplib::Headers with_session = browser;
    with_session.emplace("Cookie", set.substr(0, set.find(';')));
    EXPECT_EQ(client->Get("/", with_session)->status, 200);
    EXPECT_EQ(client->Get("/api/session", with_session)->body, "{\"by\":\"session\"}\n");
    EXPECT_EQ(client->Get("/login", with_session)->status, 303);
    EXPECT_EQ(client->Post("/api/devices/a1/set", with_session, R"({"privacy":"ON"})", "application/json")->status, 200);
    // An open event stream ends with its session.
    std::promise<void> began;
    std::thread reader([&, first = true]() mutable {
        httplib::Client other("127.0.0.1", server->port());
        other.set_read_timeout(30s);
        const auto events = other.Get("/api/events", with_session, [&](const char*, std::size_t) {
            if (std::exchange(first, false)) began.set_value();
            return true;
        });
        EXPECT_TRUE(events);
    });
    EXPECT_EQ(began.get_future().wait_for(30s), std::future_status::ready);
    EXPECT_EQ(client->Post("/logout", with_session, "{}", "application/json")->status, 200);
    reader.join();
    EXPECT_EQ(client->Get("/api/devices", with_session)->status, 401);
}

TEST_F(WebServerTest, IngressPeerNeedsNoPassword) {
    WebOptions options;
    options.user = {"admin", Secret("secret")};
    options.addon = true;
    options.ingress_peer = "127.0.0.1";
    start(options);
    EXPECT_EQ(client->Get("/api/devices")->status, 200);
}

TEST_F(WebServerTest, TakenAddressIsOneSentence) {
    WebOptions options;
    options.address = "127.0.0.1";
    options.port = server->port();
    const auto second = WebServer::start(options, backend);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::refused);
    EXPECT_NE(second.error().what.find("Address already in use"), std::string::npos) << second.error().what;
    options.address = "203.0.113.1";
    options.user = {"admin", Secret("secret")};
    const auto foreign = WebServer::start(options, backend);
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().what.find("203.0.113.1"), std::string::npos);
}

TEST_F(WebServerTest, NeverOpenToOthersWithoutAPassword) {
    WebOptions options;
    options.address = "0.0.0.0";
    options.port = 0;
    const auto open = WebServer::start(options, backend);
    ASSERT_FALSE(open);
    EXPECT_NE(open.error().what.find("http.password"), std::string::npos);
}

} // namespace
} // namespace tplink::gateway
