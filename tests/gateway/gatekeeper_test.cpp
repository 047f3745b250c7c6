#include "gateway/web/gatekeeper.hpp"

#include <gtest/gtest.h>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

class TestClock : public Clock {
public:
    SteadyTime now() const override { return now_; }
    WallTime wall() const override { return {}; }
    void advance(std::chrono::seconds by) { now_ += by; }

private:
    SteadyTime now_{std::chrono::hours(1)};
};

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
    TestClock clock;
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
    clock.advance(std::chrono::seconds(61));
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
