#include "gateway/web/access_tokens.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "gateway/web/gatekeeper.hpp"

namespace tplink::gateway {
namespace {

class Tokens : public ::testing::Test {
protected:
    AccessTokens make() {
        return {stored_, [this](const std::string& text) { stored_ = text; }, system_random()};
    }
    std::string stored_ = "{}";
};

TEST_F(Tokens, OpenAfterARestartAndCloseWhenTakenBack) {
    std::string token;
    {
        AccessTokens first = make();
        token = first.make("Node-RED").value();
        EXPECT_EQ(stored_.find(token), std::string::npos) << "only a digest is kept";
    }
    AccessTokens second = make();
    EXPECT_TRUE(second.admits(token));
    EXPECT_FALSE(second.admits(token + "0"));
    EXPECT_FALSE(second.admits(""));
    EXPECT_EQ(boost::json::serialize(second.names()), R"(["Node-RED"])");
    EXPECT_TRUE(second.revoke("Node-RED"));
    EXPECT_FALSE(second.revoke("Node-RED"));
    EXPECT_FALSE(second.admits(token));
    EXPECT_EQ(stored_, "{}");
}

TEST_F(Tokens, HaveANameOfTheirOwnAndAreNotEndless) {
    AccessTokens tokens = make();
    EXPECT_FALSE(tokens.make("").has_value());
    EXPECT_FALSE(tokens.make(std::string(61, 'x')).has_value());
    for (std::size_t i = 0; i < AccessTokens::kTokensMax; ++i) EXPECT_TRUE(tokens.make(std::to_string(i)).has_value());
    EXPECT_FALSE(tokens.make("0").has_value());
    EXPECT_FALSE(tokens.make("one more").has_value());
}

TEST_F(Tokens, RubbishIsAnEmptyList) {
    for (const char* text : {"", "[]", "{", R"({"a":1})"}) {
        stored_ = text;
        EXPECT_TRUE(make().names().empty()) << text;
    }
}

TEST_F(Tokens, OpenTheDoorAsBearerAndNothingElseDoes) {
    AccessTokens tokens = make();
    const std::string token = tokens.make("x").value();
    Gatekeeper gatekeeper({{"admin", Secret("password")}, "", [&](std::string_view given) { return tokens.admits(given); }}, system_clock());
    HttpRequest request;
    request.method = "GET";
    request.path = "/api/devices";
    request.peer = "192.168.1.9";
    const auto status = [&](const std::string& authorization) {
        request.headers["authorization"] = authorization;
        const auto refusal = gatekeeper.admit(request);
        return refusal ? refusal->status : 200;
    };
    EXPECT_EQ(status("Bearer " + token), 200);
    EXPECT_EQ(status("bearer " + token), 200);
    EXPECT_EQ(status("Bearer " + token + "x"), 401);
    EXPECT_EQ(status("Bearer "), 401);
    EXPECT_EQ(status("Basic " + token), 401);
    EXPECT_EQ(status(token), 401);
}

}  // namespace
}  // namespace tplink::gateway
