#include "gateway/diagnostics/redact.hpp"
#include "gateway/diagnostics/reminder.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tplink::gateway {
namespace {

TEST(Redactor, MasksTokensAddressesAndMacsWithStablePseudonyms) {
    Redactor redactor;
    EXPECT_EQ(redactor.redact_text("POST /stok=0123abc/ds at 192.168.1.20 for A8-42-A1-00-11-22"),
              redactor.redact_text("POST /stok=other/ds at 192.168.1.20 for a8:42:a1:00:11:22"));
    const std::string text = boost::json::serialize(redactor.redact(boost::json::parse(R"({"problem":"no answer at 192.168.1.20","password":"x1","ip":"192.168.1.20"})")));
    for (const char* secret : {"192.168.1.20", "x1"}) EXPECT_EQ(text.find(secret), std::string::npos) << text;
}

TEST(Redactor, HidesWhatItWasToldWhereverItStandsAndHoweverItIsQuoted) {
    Redactor redactor(Secret("key")), same(Secret("key")), other(Secret("another"));
    redactor.hide_secret("pa\"ss wörd");
    redactor.hide_identity("Hallway");
    redactor.hide_identity("Hallway camera");
    redactor.hide_mac("a8:42:a1:00:11:22");
    const std::string text = redactor.redact_text("Hallway camera a842a1001122 A842A1001122 A8-42-A1-00-11-22 of me.too+x@example.co.uk: pa\"ss wörd, \"pa\\\"ss wörd\" @ @x x@");
    for (const char* secret : {"Hallway", "camera", "a842a1", "A842A1", "A8-42", "example", "me.too", "wörd"}) EXPECT_EQ(text.find(secret), std::string::npos) << text;
    EXPECT_EQ(redactor.redact_text("A8-42-A1-00-11-22"), same.redact_text("a8:42:a1:00:11:22"));
    EXPECT_NE(redactor.redact_text("A8-42-A1-00-11-22"), other.redact_text("A8-42-A1-00-11-22"));
}

TEST(Redactor, AMailAddressAsLongAsADeviceLikesIsNoTrouble) {
    const std::string mail = std::string(200'000, 'a') + "@" + std::string(200'000, 'b');
    EXPECT_EQ(Redactor().redact_text(mail + " " + mail), "#MASKED_1# #MASKED_1#");
    EXPECT_EQ(Redactor().redact_text(std::string(200'000, '@')), std::string(200'000, '@'));
}

TEST(Redactor, ATokenAsLongAsADeviceLikesIsNoTrouble) {
    EXPECT_EQ(Redactor().redact_text("stok=" + std::string(2'000'000, 'a') + "/ds stok=b"), "stok=***/ds stok=***");
}

TEST(Redactor, KeepsTheNamesOfAbilities) {
    Redactor redactor;
    const boost::json::value list = boost::json::parse(R"({"app_component_list":[{"name":"battery","version":1}]})");
    EXPECT_EQ(redactor.redact(list), list);
    EXPECT_NE(redactor.redact(boost::json::parse(R"({"name":"Hallway"})")).at("name"), boost::json::value("Hallway"));
}

TEST(Reminder, SaysAFaultOnceThenOnChangeThenHourly) {
    using namespace std::chrono_literals;
    Reminder reminder;
    const SteadyTime start{1h};
    EXPECT_TRUE(reminder.due("lamp", "no answer", start));
    EXPECT_FALSE(reminder.due("lamp", "no answer", start + 59min));
    EXPECT_TRUE(reminder.due("fan", "no answer", start + 59min));
    EXPECT_TRUE(reminder.due("lamp", "no answer", start + 60min));
    EXPECT_FALSE(reminder.due("lamp", "no answer", start + 61min));
    EXPECT_TRUE(reminder.due("lamp", "wrong password", start + 61min));
    reminder.forget("lamp");
    EXPECT_TRUE(reminder.due("lamp", "wrong password", start + 62min));
}

}  // namespace
}  // namespace tplink::gateway
