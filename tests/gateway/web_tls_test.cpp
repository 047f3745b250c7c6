// The page's own HTTPS over real sockets on loopback.

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "gateway/web/server.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/net/tcp_stream.hpp"
#include "protocols/net/tls_server.hpp"
#include "tests/gateway/temporary_directory.hpp"
#include "tests/gateway/web_fixture.hpp"
#include "tests/protocols/support/tls_server.hpp"

namespace tplink::gateway {
namespace {

using namespace std::chrono_literals;
using testing::ScriptedBackend;

constexpr auto kPatience = 30s;

class WebTlsTest : public ::testing::Test {
protected:
    void SetUp() override {
        show(*identity);
        start("");
    }
    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(folder.path() + "/" + name) << text;
        return folder.path() + "/" + name;
    }
    void show(const test::Identity& shown) {
        file("certificate", test::pem_of(shown));
        file("key", test::key_pem_of(shown));
    }
    void start(const std::string& plain_peer) {
        WebOptions options;
        options.address = "127.0.0.1";
        options.port = 0;
        options.user = {"admin", Secret("secret")};
        options.ssl_cert = folder.path() + "/certificate";
        options.ssl_key = folder.path() + "/key";
        options.addon = !plain_peer.empty();
        options.ingress_peer = plain_peer;
        auto started = WebServer::start(options, backend);
        ASSERT_TRUE(started) << started.error().what;
        server = std::move(*started);
    }
    std::unique_ptr<net::HttpClient> client(net::Tls tls = net::Tls::device) const {
        net::HttpOptions options;
        options.host = "127.0.0.1";
        options.port = server->port();
        options.tls = tls;
        options.reply_timeout = kPatience;
        return net::make_http_client(options);
    }
    static net::HttpRequest get(std::string path) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = std::move(path);
        request.headers = {{"Authorization", "Basic " + base64_encode(as_bytes("admin:secret"))}};
        return request;
    }
    /// A stream of one request, read until `mark` came.
    std::string read_until(const std::string& path, std::string_view mark, const std::function<void()>& then = [] {}) {
        const auto connector = net::make_tls_connector();
        auto stream = connector->connect("127.0.0.1", server->port(), kPatience);
        EXPECT_TRUE(stream) << stream.error().what;
        const std::string head = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic " + base64_encode(as_bytes("admin:secret")) + "\r\n\r\n";
        EXPECT_TRUE((*stream)->write_all(as_bytes(head), kPatience));
        std::string got;
        std::array<std::byte, 4096> piece{};
        for (bool told = false; got.find(mark) == std::string::npos;) {
            const auto size = (*stream)->read_some(piece, kPatience);
            if (!size || *size == 0) break;
            got += as_text(Bytes(piece).first(*size));
            if (!told && got.find("\r\n\r\n") != std::string::npos) {
                told = true;
                then();
            }
        }
        return got;
    }

    testing::TemporaryDirectory folder;
    std::shared_ptr<test::Identity> identity = test::make_identity(2048, false), other = test::make_identity(2048, false);
    ScriptedBackend backend;
    std::unique_ptr<WebServer> server;
};

TEST_F(WebTlsTest, AnswersManyRequestsOnOneConnection) {
    const auto asked = client();
    for (int i = 0; i < 3; ++i) {
        const auto reply = asked->send(get("/api/devices"));
        ASSERT_TRUE(reply) << reply.error().what;
        EXPECT_EQ(reply->status, 200);
    }
    EXPECT_EQ(asked->certificate_sha256(), test::sha256_of(*identity));
    net::HttpRequest without = get("/api/devices");
    without.headers.clear();
    EXPECT_EQ(asked->send(without)->status, 401);
}

TEST_F(WebTlsTest, TakesLargeBodies) {
    net::HttpRequest speech = get("/api/devices/a1/talk");
    speech.method = "POST";
    speech.content_type = "audio/wav";
    speech.body.assign(std::size_t{8} * 1024 * 1024, 'x');
    const auto reply = client()->send(speech);
    ASSERT_TRUE(reply) << reply.error().what;
    EXPECT_EQ(reply->status, 200) << reply->body;
    EXPECT_EQ(backend.spoken, speech.body.size());
}

TEST_F(WebTlsTest, StreamsAreSentAsTheyCome) {
    EXPECT_NE(read_until("/api/devices/a1/live.mp4", "0\r\n\r\n").find("piece."), std::string::npos);
    const std::string events = read_until("/api/events", "\"heard\"", [&] { backend.bus.publish("log", {{"message", "heard"}}); });
    EXPECT_NE(events.find("\"heard\""), std::string::npos) << events;
}

TEST_F(WebTlsTest, PlainHttpIsSentToHttps) {
    net::HttpRequest old = get("/api/devices?x=1");
    const auto reply = client(net::Tls::none)->send(old);
    ASSERT_TRUE(reply) << reply.error().what;
    EXPECT_EQ(reply->status, 307);
    const std::string here = "127.0.0.1:" + std::to_string(server->port());
    EXPECT_EQ(reply->header("location"), "https://" + here + "/api/devices?x=1");
}

TEST_F(WebTlsTest, IngressStaysPlain) {
    start("127.0.0.1");
    EXPECT_EQ(client(net::Tls::none)->send(get("/api/devices"))->status, 200);
    EXPECT_EQ(client()->send(get("/api/devices"))->status, 200);
}

TEST_F(WebTlsTest, TheSessionsCookieIsForTlsOnly) {
    net::HttpRequest form = get("/login");
    form.method = "POST";
    form.headers.clear();
    form.content_type = "application/x-www-form-urlencoded";
    form.body = "username=admin&password=secret";
    const auto reply = client()->send(form);
    ASSERT_TRUE(reply) << reply.error().what;
    EXPECT_EQ(reply->status, 303);
    EXPECT_NE(reply->header("set-cookie").find("; Secure"), std::string_view::npos);
}

TEST_F(WebTlsTest, ANewCertificateIsTakenWithoutARestart) {
    const auto before = client();
    EXPECT_EQ(before->send(get("/healthz"))->status, 200);
    file("certificate", test::pem_of(*other)); // half renewed
    const auto half = server->renew_certificate();
    ASSERT_FALSE(half);
    EXPECT_NE(half.error().what.find("http.ssl_key: "), std::string::npos) << half.error().what;
    EXPECT_NE(half.error().what.find("is not the key of the certificate"), std::string::npos) << half.error().what;
    const auto meanwhile = client();
    EXPECT_EQ(meanwhile->send(get("/healthz"))->status, 200);
    EXPECT_EQ(meanwhile->certificate_sha256(), test::sha256_of(*identity));
    show(*other);
    EXPECT_TRUE(server->renew_certificate());
    const auto after = client();
    EXPECT_EQ(after->send(get("/healthz"))->status, 200);
    EXPECT_EQ(after->certificate_sha256(), test::sha256_of(*other));
    EXPECT_EQ(before->send(get("/healthz"))->status, 200) << "who is connected goes on";
}

TEST_F(WebTlsTest, AClientThatStopsInTheHandshakeHoldsNothingUp) {
    const auto connector = net::make_tcp_connector();
    auto silent = connector->connect("127.0.0.1", server->port(), kPatience);
    ASSERT_TRUE(silent);
    ASSERT_TRUE((*silent)->write_all(as_bytes("\x16\x03\x01"), kPatience));
    EXPECT_EQ(client()->send(get("/healthz"))->status, 200);
    server.reset();
    std::array<std::byte, 16> piece{};
    const auto got = (*silent)->read_some(piece, kPatience);
    EXPECT_TRUE(!got || *got == 0 || piece[0] == std::byte{0x15}) << "closed, or an alert before that";
}

TEST_F(WebTlsTest, EveryFaultOfTheFilesIsASentence) {
    const std::string certificate = folder.path() + "/certificate", key = folder.path() + "/key";
    const auto fault = [](const std::string& given_certificate, const std::string& given_key) {
        const auto loaded = net::TlsIdentity::load(given_certificate, given_key);
        return loaded ? std::string("none") : (loaded.error().in_key ? "key: " : "certificate: ") + loaded.error().what;
    };
    const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
    EXPECT_EQ(fault(certificate, key), "none");
    const std::string missing = fault("/no/such/file", key), folder_fault = fault(certificate, folder.path());
    EXPECT_TRUE(missing.starts_with("certificate: /no/such/file cannot be read")) << missing;
    EXPECT_TRUE(has(folder_fault, "key: ") && has(folder_fault, "is no file")) << folder_fault;
    EXPECT_TRUE(has(fault(file("junk", "hello"), key), "no certificate in PEM form"));
    EXPECT_TRUE(has(fault(key, key), "no certificate in PEM form"));
    EXPECT_TRUE(has(fault(certificate, certificate), "no private key in PEM form"));
    EXPECT_TRUE(has(fault(certificate, file("locked", test::key_pem_of(*identity, "passphrase"))), "locked with a passphrase"));
    EXPECT_TRUE(has(fault(certificate, file("other", test::key_pem_of(*other))), "is not the key of the certificate"));
    EXPECT_TRUE(has(fault(file("large", std::string(300000, 'x')), key), "larger than 256 KiB"));
    EXPECT_EQ(fault(file("chain", test::pem_of(*identity) + test::pem_of(*other)), key), "none");
}

} // namespace
} // namespace tplink::gateway
