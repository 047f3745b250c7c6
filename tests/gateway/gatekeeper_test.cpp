#include "gateway/web/gatekeeper.hpp"

#include <gtest/gtest.h>

#include "protocols/base/bytes.hpp"
#include "tests/protocols/fakes.hpp"

namespace tplink::gateway {
namespace {

HttpRequest get(std::string path) {
    HttpRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.peer = "192.168.1.7";
    request.headers["host"] = "192.168.1.5:8745";
    return request;
}

HttpRequest with_password(HttpRequest request, const std::string& user_and_password) {
    request.headers["authorization"] = "Basic " + base64_encode(as_bytes(user_and_password));
    return request;
}

class GatekeeperTest : public ::testing::Test {
protected:
    static int status(Gatekeeper& asked, const HttpRequest& request) {
        const auto refusal = asked.admit(request);
        return refusal ? refusal->status : 200;
    }
    test::FakeClock clock;
    Gatekeeper keeper{{{"admin", Secret("pässword: with colon")}, ""}, clock};
};

TEST_F(GatekeeperTest, AsksForThePasswordEverywhereButAtHealthz) {
    EXPECT_EQ(status(keeper, get("/")), 401);
    EXPECT_EQ(status(keeper, get("/api/devices")), 401);
    EXPECT_EQ(status(keeper, get("/metrics")), 401);
    EXPECT_EQ(status(keeper, get("/healthz")), 200);
    HttpRequest post = get("/healthz");
    post.method = "POST";
    EXPECT_EQ(status(keeper, post), 401);
}

TEST_F(GatekeeperTest, TakesOnlyTheRightPassword) {
    EXPECT_EQ(status(keeper, with_password(get("/"), "admin:pässword: with colon")), 200);
    EXPECT_EQ(status(keeper, with_password(get("/"), "admin:pässword: with colo")), 401);
    EXPECT_EQ(status(keeper, with_password(get("/"), "Admin:pässword: with colon")), 401);
    EXPECT_EQ(status(keeper, with_password(get("/"), "")), 401);
    HttpRequest broken = get("/");
    for (const char* header : {"Basic", "Basic ", "Basic ***", "Bearer x", "\x80"}) {
        broken.headers["authorization"] = header;
        EXPECT_EQ(status(keeper, broken), 401) << header;
    }
}

TEST_F(GatekeeperTest, StopsGuessing) {
    for (unsigned i = 0; i < Gatekeeper::kFailuresAllowed; ++i)
        EXPECT_EQ(status(keeper, with_password(get("/"), "admin:guess")), 401);
    const auto refusal = keeper.admit(with_password(get("/"), "admin:pässword: with colon"));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 429);
    HttpRequest other = with_password(get("/"), "admin:pässword: with colon");
    other.peer = "192.168.1.8";
    EXPECT_EQ(status(keeper, other), 200);
    clock.passed += std::chrono::seconds(61);
    EXPECT_EQ(status(keeper, with_password(get("/"), "admin:pässword: with colon")), 200);
}

TEST_F(GatekeeperTest, AskingWithoutAPasswordIsNoGuess) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(status(keeper, get("/")), 401);
    EXPECT_EQ(status(keeper, with_password(get("/"), "admin:pässword: with colon")), 200);
}

TEST_F(GatekeeperTest, IngressIsAnAddressAndNotAHeader) {
    Gatekeeper addon({{"admin", Secret("x")}, "172.30.32.2"}, clock);
    HttpRequest request = get("/");
    request.headers["x-ingress-path"] = "/api/hassio_ingress/token";
    EXPECT_EQ(status(addon, request), 401);
    request.peer = "172.30.32.2";
    EXPECT_EQ(status(addon, request), 200);
    EXPECT_EQ(status(keeper, request), 401); // the same peer outside the add-on
}

TEST_F(GatekeeperTest, NoOtherSiteMakesTheBrowserAct) {
    HttpRequest post = with_password(get("/api/devices/a1/set"), "admin:pässword: with colon");
    post.method = "POST";
    EXPECT_EQ(status(keeper, post), 200);
    post.headers["origin"] = "http://192.168.1.5:8745";
    EXPECT_EQ(status(keeper, post), 200);
    post.headers["origin"] = "http://evil.example";
    EXPECT_EQ(status(keeper, post), 403);
    post.headers["origin"] = "null";
    EXPECT_EQ(status(keeper, post), 403);
    post.headers["sec-fetch-site"] = "same-origin";
    EXPECT_EQ(status(keeper, post), 200);
    post.headers["sec-fetch-site"] = "cross-site";
    EXPECT_EQ(status(keeper, post), 403);
    HttpRequest proxied = with_password(post, "admin:pässword: with colon");
    proxied.headers.erase("sec-fetch-site");
    proxied.headers["origin"] = "https://home.example";
    proxied.headers["x-forwarded-host"] = "home.example";
    EXPECT_EQ(status(keeper, proxied), 200);
}

std::string header_of(const HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

TEST_F(GatekeeperTest, ASessionLetsInUntilItIsSignedOut) {
    const SignIn wrong = keeper.sign_in(get("/login"), {"admin", Secret("guess")});
    EXPECT_FALSE(wrong.ok);
    ASSERT_TRUE(wrong.refusal);
    EXPECT_EQ(wrong.refusal->status, 401);
    const SignIn done = keeper.sign_in(get("/login"), {"admin", Secret("pässword: with colon")});
    ASSERT_TRUE(done.ok);
    EXPECT_EQ(done.cookie.find("tplink2mqtt="), 0U);
    for (const char* attribute : {"; HttpOnly", "; SameSite=Lax", "; Max-Age=2592000"}) EXPECT_NE(done.cookie.find(attribute), std::string::npos) << done.cookie;
    EXPECT_EQ(done.cookie.find("Secure"), std::string::npos);
    EXPECT_EQ(done.cookie.find("Path"), std::string::npos);
    HttpRequest request = get("/api/devices");
    request.headers["cookie"] = "other=1; " + done.cookie.substr(0, done.cookie.find(';'));
    EXPECT_EQ(status(keeper, request), 200);
    EXPECT_EQ(keeper.way_in(request), "session");
    const auto lasts = keeper.lease(request);
    ASSERT_TRUE(lasts);
    EXPECT_TRUE(lasts());
    HttpRequest secure = get("/login");
    secure.headers["x-forwarded-proto"] = "https";
    const SignIn by_tls = keeper.sign_in(secure, {"admin", Secret("pässword: with colon")});
    EXPECT_EQ(by_tls.cookie.find("tplink2mqtt_tls="), 0U) << "a browser would not replace the one by the other";
    EXPECT_NE(by_tls.cookie.find("; Secure"), std::string::npos);
    secure.path = "/api/devices";
    secure.headers["cookie"] = by_tls.cookie.substr(0, by_tls.cookie.find(';'));
    EXPECT_EQ(status(keeper, secure), 200);
    EXPECT_EQ(keeper.sign_out(request), "tplink2mqtt=out; HttpOnly; SameSite=Lax");
    EXPECT_FALSE(lasts());
    const auto refusal = keeper.admit(request);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 401);
    EXPECT_EQ(header_of(*refusal, "WWW-Authenticate"), R"(Bearer realm="tplink2mqtt")") << "the browser must not open its own dialog";
}

TEST_F(GatekeeperTest, ACookieTravelsByTlsAloneWhereThereIsTls) {
    Gatekeeper tls({{"admin", Secret("x")}, "", {}, "name", true}, clock);
    EXPECT_NE(tls.sign_in(get("/login"), {"admin", Secret("x")}).cookie.find("; Secure"), std::string::npos);
    HttpRequest proxied = get("/login");
    proxied.headers["x-forwarded-proto"] = "https";
    EXPECT_NE(keeper.sign_in(proxied, {"admin", Secret("pässword: with colon")}).cookie.find("; Secure"), std::string::npos);
}

TEST_F(GatekeeperTest, ASessionChangesNothingForAnotherSite) {
    HttpRequest post = get("/api/devices/a1/set");
    post.method = "POST";
    const std::string cookie = keeper.sign_in(get("/login"), {"admin", Secret("pässword: with colon")}).cookie;
    post.headers["cookie"] = cookie.substr(0, cookie.find(';'));
    EXPECT_EQ(status(keeper, post), 403) << "nothing tells who asked";
    post.headers["origin"] = "http://192.168.1.5:8745";
    EXPECT_EQ(status(keeper, post), 200);
    post.headers["origin"] = "http://192.168.1.5:9000";
    EXPECT_EQ(status(keeper, post), 403) << "another program's page on the same machine";
    post.headers["sec-fetch-site"] = "same-site";
    EXPECT_EQ(status(keeper, post), 403);
    post.headers["sec-fetch-site"] = "same-origin";
    EXPECT_EQ(status(keeper, post), 200);
    post.path = "/api/devices/a1/whep";
    post.headers["authorization"] = "Basic x";  // a foreign site may set it there: then the cookie must not count
    post.headers["sec-fetch-site"] = "cross-site";
    EXPECT_EQ(status(keeper, post), 401);
}

TEST_F(GatekeeperTest, GuessesInTheFormCountToo) {
    for (unsigned i = 0; i < Gatekeeper::kFailuresAllowed; ++i) EXPECT_EQ(keeper.sign_in(get("/login"), {"admin", Secret("guess")}).refusal->status, 401);
    const SignIn refused = keeper.sign_in(get("/login"), {"admin", Secret("pässword: with colon")});
    ASSERT_FALSE(refused.ok);
    EXPECT_EQ(refused.refusal->status, 429);
    EXPECT_EQ(status(keeper, with_password(get("/"), "admin:pässword: with colon")), 429);
    clock.passed += std::chrono::seconds(61);
    EXPECT_TRUE(keeper.sign_in(get("/login"), {"admin", Secret("pässword: with colon")}).ok);
}

TEST_F(GatekeeperTest, AGuessingNeighbourDoesNotLockASessionOut) {
    HttpRequest request = get("/");
    const std::string cookie = keeper.sign_in(request, {"admin", Secret("pässword: with colon")}).cookie;
    for (unsigned i = 0; i <= Gatekeeper::kFailuresAllowed; ++i) (void)keeper.admit(with_password(get("/"), "admin:guess"));
    request.headers["cookie"] = cookie.substr(0, cookie.find(';'));
    EXPECT_EQ(status(keeper, request), 200);
}

TEST_F(GatekeeperTest, MachinesGetTheBasicChallengeAndBrowsersTheForm) {
    const auto challenge = [&](const std::string& path, const std::string& host, const std::string& accept) {
        HttpRequest request = get(path);
        request.headers["host"] = host;
        request.headers["accept"] = accept;
        const auto refusal = keeper.admit(request);
        return refusal ? header_of(*refusal, "WWW-Authenticate").substr(0, 6) : "none";
    };
    const std::string browser = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
    EXPECT_EQ(challenge("/", "192.168.1.5:8745", "*/*"), "Basic ");
    EXPECT_EQ(challenge("/", "192.168.1.5:8745", ""), "Basic ");
    EXPECT_EQ(challenge("/", "192.168.1.5:8745", browser), "Bearer");
    EXPECT_EQ(challenge("/api/devices", "192.168.1.5:8745", browser), "Basic ");
    EXPECT_EQ(challenge("/", "127.0.0.1:8745", browser), "Basic ") << "scripts that drive a browser on the machine itself";
    EXPECT_EQ(challenge("/", "gateway.localhost:8745", browser), "Bearer");
    EXPECT_EQ(challenge("/login", "192.168.1.5:8745", browser), "none");
}

TEST_F(GatekeeperTest, OpenGatewayAnswersOnlyUnderItsAddress) {
    Gatekeeper open({{}, ""}, clock);
    for (const char* host : {"127.0.0.1:8745", "localhost:8745", "[::1]:8745", "192.168.1.5"}) {
        HttpRequest request = get("/");
        request.headers["host"] = host;
        EXPECT_EQ(status(open, request), 200) << host;
    }
    for (const char* host : {"rebound.example:8745", "", "127.0.0.1.evil.example", "[", ":"}) {
        HttpRequest request = get("/");
        request.headers["host"] = host;
        EXPECT_EQ(status(open, request), 403) << host;
    }
}

} // namespace
} // namespace tplink::gateway
