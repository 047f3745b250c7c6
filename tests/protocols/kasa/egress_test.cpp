// The one gate to the outside, and its book.

#include "tests/protocols/kasa/fake_cloud.hpp"

namespace tplink::net {
namespace {

using kasa::test::FakeCloud;

HttpOptions to(const std::string& host) {
    HttpOptions options;
    options.host = host;
    options.port = 443;
    return options;
}

HttpRequest get() {
    HttpRequest request;
    request.path = "/a/b?token=secret";
    request.body = R"({"x":1})";
    return request;
}

/// Answers and counts.
class Peer final : public HttpClient {
public:
    explicit Peer(int& requests) : requests_(requests) {}
    Result<HttpResponse> send(const HttpRequest&) override {
        ++requests_;
        return HttpResponse{200, {{"A", "b"}}, "body"};
    }
    void cancel() override {}
    std::string certificate_sha256() const override { return ""; }

private:
    int& requests_;
};

struct House {
    test::FakeClock clock;
    int requests = 0;
    int clients = 0;
    EgressGuard guard{clock, [this](const HttpOptions&) {
                          ++clients;
                          return std::make_unique<Peer>(requests);
                      }};
};

TEST(Egress, IsShutUntilItIsOpened) {
    House house;
    const auto client = house.guard.client(to("cloud.example.org"), "test");
    EXPECT_EQ(client->send(get()).error().code, Errc::cloud_disabled);
    EXPECT_FALSE(client->sent());
    EXPECT_EQ(house.clients, 0) << "not even a socket was made";
    EXPECT_EQ(house.guard.refused(), 1U);
    EXPECT_TRUE(house.guard.ledger().empty());
    house.guard.allow(true);
    EXPECT_TRUE(client->send(get()));
    house.guard.allow(false, "because");
    EXPECT_EQ(client->send(get()).error().what, "because");
    EXPECT_EQ(house.requests, 1);
}

TEST(Egress, TheBookTellsHostTimesAndBytesButNoQuery) {
    House house;
    house.guard.allow(true);
    const auto client = house.guard.client(to("cloud.example.org"), "why");
    ASSERT_TRUE(client->send(get()));
    house.clock.passed += 5s;
    ASSERT_TRUE(client->send(get()));
    const auto book = house.guard.ledger();
    ASSERT_EQ(book.size(), 1U);
    EXPECT_EQ(book[0].host, "cloud.example.org");
    EXPECT_EQ(book[0].purpose, "why");
    EXPECT_EQ(book[0].last_path, "/a/b");
    EXPECT_EQ(book[0].requests, 2U);
    EXPECT_EQ(book[0].last - book[0].first, 5s);
    EXPECT_EQ(book[0].bytes_received, 2U * (4 + 2 + 4));
    EXPECT_GE(book[0].bytes_sent, 2U * 24);
}

TEST(Egress, WhatTheUserNamesNeedsNoConsentUnlessAllIsForbidden) {
    House house;
    const auto outside = house.guard.client(to("sounds.example.org"), "sound", Door::user);
    const auto inside = house.guard.client(to("192.168.1.7"), "sound", Door::user);
    EXPECT_TRUE(outside->send(get()));
    EXPECT_TRUE(inside->send(get()));
    EXPECT_EQ(house.guard.ledger().size(), 1U) << "the house's own do not stand in the book";
    house.guard.forbid_outside(true);
    house.guard.allow(true);
    EXPECT_FALSE(outside->send(get()));
    EXPECT_TRUE(inside->send(get()));
    EXPECT_FALSE(house.guard.client(to("cloud.example.org"), "cloud")->send(get())) << "local_only wins over the consent";
    EXPECT_EQ(house.requests, 3);
}

TEST(Egress, KnowsWhatIsAtHome) {
    for (const char* home : {"127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.1.1", "100.64.0.1", "::1", "fe80::1", "fd00::1", "camera", "camera.local"})
        EXPECT_TRUE(is_at_home(home)) << home;
    for (const char* away : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1", "example.org", "192.169.0.1"}) EXPECT_FALSE(is_at_home(away)) << away;
}

TEST(Egress, ACancelledClientStaysCancelled) {
    House house;
    house.guard.allow(true);
    const auto client = house.guard.client(to("cloud.example.org"), "test");
    client->cancel();
    EXPECT_EQ(client->send(get()).error().code, Errc::cancelled);
}

}  // namespace
}  // namespace tplink::net
