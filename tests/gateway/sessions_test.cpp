#include "gateway/web/sessions.hpp"

#include <gtest/gtest.h>

#include "gateway/web/login_form.hpp"
#include "tests/protocols/fakes.hpp"

namespace tplink::gateway {
namespace {

class SessionsTest : public ::testing::Test {
protected:
    test::FakeClock clock;
    Sessions sessions{clock, system_random()};
};

TEST_F(SessionsTest, EveryTokenIsItsOwn) {
    const std::string one = sessions.open(), other = sessions.open();
    EXPECT_EQ(one.size(), 64U);
    EXPECT_NE(one, other);
    EXPECT_TRUE(sessions.admits(one));
    EXPECT_TRUE(sessions.admits(other));
    sessions.close(one);
    EXPECT_FALSE(sessions.admits(one));
    EXPECT_TRUE(sessions.admits(other));
    for (const char* foreign : {"", "out", "0000000000000000000000000000000000000000000000000000000000000000"}) EXPECT_FALSE(sessions.admits(foreign));
}

TEST_F(SessionsTest, EndsWhenIdleAndEndsAnyway) {
    const std::string used = sessions.open(), idle = sessions.open();
    for (auto spent = std::chrono::hours(0); spent + std::chrono::hours(24) < Sessions::kLongest; spent += std::chrono::hours(24)) {
        clock.passed += std::chrono::hours(24);
        EXPECT_TRUE(sessions.admits(used)) << spent.count();
        EXPECT_EQ(sessions.lasts(idle), spent + std::chrono::hours(24) < Sessions::kIdle) << "looking is no use, so it does not keep it";
    }
    EXPECT_FALSE(sessions.admits(idle));
    clock.passed += std::chrono::hours(24);
    EXPECT_FALSE(sessions.admits(used));
}

TEST_F(SessionsTest, TheOneUnusedLongestMakesRoom) {
    const std::string first = sessions.open();
    clock.passed += std::chrono::minutes(1);
    const std::string second = sessions.open();
    clock.passed += std::chrono::minutes(1);
    EXPECT_TRUE(sessions.admits(first));
    for (std::size_t i = 2; i <= Sessions::kSessionsMax; ++i) sessions.open();
    EXPECT_TRUE(sessions.admits(first));
    EXPECT_FALSE(sessions.admits(second));
}

TEST(Cookies, AreFoundWhateverStandsAround) {
    using Values = std::vector<std::string_view>;
    EXPECT_EQ(cookie_values("a=1; name=x; b=2", "name"), Values{"x"});
    EXPECT_EQ(cookie_values("name=x", "name"), Values{"x"});
    EXPECT_EQ(cookie_values("name=x;name=y ;  name = z", "name"), (Values{"x", "y", "z"}));
    EXPECT_EQ(cookie_values("name==x=", "name"), Values{"=x="});
    EXPECT_EQ(cookie_values("name=", "name"), Values{""});
    for (const char* none : {"", ";", "=", "name", "names=x", "xname=x", "a=name=x", ";;;=;"}) EXPECT_TRUE(cookie_values(none, "name").empty()) << none;
    std::string many;
    for (int i = 0; i < 100; ++i) many += "name=x;";
    EXPECT_EQ(cookie_values(many, "name").size(), 4U);
}

TEST(LoginForm, ReadsWhatABrowserSends) {
    const auto form = parse_login_form("username=admin&password=p%C3%A4ss+%2B%26%3D%25");
    ASSERT_TRUE(form);
    EXPECT_EQ(form->username, "admin");
    EXPECT_EQ(form->password.reveal(), "pä" "ss +&=%");
    EXPECT_TRUE(parse_login_form("password="));
    EXPECT_EQ(parse_login_form("password=%")->password.reveal(), "%");
    for (const char* none : {"", "&&&", "password", "username=admin", "Password=x"}) EXPECT_FALSE(parse_login_form(none)) << none;
    EXPECT_FALSE(parse_login_form("password=" + std::string(5000, 'x')));
}

}  // namespace
}  // namespace tplink::gateway
