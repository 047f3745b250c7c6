#include "gateway/mqtt/commands.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

#include "gateway/mqtt/json_text.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

const PropertySet kProperty{"a842a1001122", "led"};
const DeviceSet kDevice{"a842a1001122"};

std::string refusal(const ParsedTopic& topic, std::string_view payload) {
    const Command command = parse_payload(topic, payload);
    const auto* bad = std::get_if<BadCommand>(&command);
    return bad == nullptr ? "" : bad->sentence;
}

TEST(Commands, PlainTextIsOneAssignment) {
    const auto command = std::get<SetCommand>(parse_payload(kProperty, "ON"));
    ASSERT_EQ(command.assignments.size(), 1u);
    EXPECT_EQ(command.assignments[0].property, "led");
    EXPECT_EQ(command.assignments[0].value, json::value("ON"));
    EXPECT_TRUE(command.transaction.is_null());
}

TEST(Commands, AnObjectKeepsItsOrderAndItsTransaction) {
    const auto command = std::get<SetCommand>(parse_payload(kDevice, R"({"b": 5, "transaction": "t1", "a": true, "c": "x"})"));
    ASSERT_EQ(command.assignments.size(), 3u);
    std::map<std::string, std::string> got;
    for (const auto& [property, value] : command.assignments) got[property] = to_text(value);
    EXPECT_EQ(got, (std::map<std::string, std::string>{{"a", "true"}, {"b", "5"}, {"c", "\"x\""}}));
    EXPECT_EQ(command.assignments[0].property, "b");
    EXPECT_EQ(command.transaction, json::value("t1"));
}

TEST(Commands, BadPayloadsNameTheReason) {
    EXPECT_EQ(refusal(kProperty, "\xff\xfe"), "payload is not UTF-8 text");
    EXPECT_NE(refusal(kProperty, std::string(5000, 'x')).find("larger than 4096"), std::string::npos);
    EXPECT_NE(refusal(kDevice, "{").find("not valid JSON"), std::string::npos);
    EXPECT_NE(refusal(kDevice, "[1]").find("a JSON object is wanted"), std::string::npos);
    EXPECT_EQ(refusal(kDevice, "{}"), "no property given");
    EXPECT_NE(refusal(kDevice, R"({"led": null})").find("\"led\""), std::string::npos);
    EXPECT_NE(refusal(kDevice, R"({"led": {"a": 1}})").find("\"led\""), std::string::npos);
    EXPECT_NE(refusal(kDevice, std::string(100, '[')).find("not valid JSON"), std::string::npos);
    EXPECT_NE(refusal(kDevice, std::string(70000, ' ')).find("larger than"), std::string::npos);
    std::string many = "{";
    for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":1";
    EXPECT_NE(refusal(kDevice, many + "}").find("more than 64"), std::string::npos);
}

TEST(Commands, ABadObjectKeepsItsTransactionForTheAnswer) {
    const auto bad = std::get<BadCommand>(parse_payload(kDevice, R"({"transaction": 9, "led": []})"));
    EXPECT_EQ(bad.transaction, json::value(9));
}

TEST(Commands, RequestsTakeNothingOrAnObject) {
    const BridgeRequest topic{"device/remove"};
    EXPECT_TRUE(std::get<RequestCommand>(parse_payload(topic, "")).body.empty());
    EXPECT_TRUE(std::get<RequestCommand>(parse_payload(topic, "{}")).body.empty());
    const auto request = std::get<RequestCommand>(parse_payload(topic, R"({"id": "x", "transaction": 1})"));
    EXPECT_EQ(request.body.size(), 1u);
    EXPECT_EQ(request.transaction, json::value(1));
    EXPECT_FALSE(refusal(topic, "nonsense").empty());
}

TEST(Commands, GetTakesANameOrMeansEverything) {
    const DeviceGet topic{"a842a1001122"};
    EXPECT_EQ(std::get<GetCommand>(parse_payload(topic, "led")).property, "led");
    EXPECT_EQ(std::get<GetCommand>(parse_payload(topic, "")).property, "");
    EXPECT_EQ(std::get<GetCommand>(parse_payload(topic, R"({"state": ""})")).property, "");
}

TEST(Commands, BirthIsTheWordOnline) {
    EXPECT_TRUE(std::get<BirthMessage>(parse_payload(HaStatus{}, "online")).online);
    EXPECT_FALSE(std::get<BirthMessage>(parse_payload(HaStatus{}, "offline")).online);
}

TEST(Commands, ResultsHaveTheShapeOfTheContract) {
    const CommandResult ok{.id = "x", .property = "led", .value = "ON"};
    EXPECT_EQ(to_text(to_json(ok)), R"({"property":"led","value":"ON","status":"ok","code":"ok","message":""})");
    const CommandResult bad{.id = "x", .property = "led", .value = 5, .code = "refused", .message = "no", .transaction = "t"};
    EXPECT_EQ(to_text(to_json(bad)),
              R"({"property":"led","value":5,"status":"error","code":"refused","message":"no","transaction":"t"})");
    EXPECT_EQ(to_text(to_json(RequestAnswer{.what = "restart", .data = json::object{}})),
              R"({"status":"ok","data":{},"error":null})");
    EXPECT_EQ(to_text(to_json(RequestAnswer{.what = "restart", .error = "no", .transaction = 3})),
              R"({"status":"error","data":null,"error":"no","transaction":3})");
}

TEST(JsonText, NumbersReadAsPeopleWriteThem) {
    EXPECT_EQ(to_text(json::object{{"a", 80.0}, {"b", 55.2}, {"c", 0.1 + 0.2}, {"d", -3.0}, {"e", 1e300}}),
              R"({"a":80,"b":55.2,"c":0.3,"d":-3,"e":1e+300})");
    EXPECT_EQ(to_text(json::value(std::nan(""))), "null");
    EXPECT_EQ(to_text(json::array{}), "[]");
    EXPECT_EQ(to_text(json::object{}), "{}");
    EXPECT_EQ(to_text(json::value(json::string("a\"\n\xff"))), "\"a\\\"\\n?\"");
}

TEST(JsonText, JudgesUtf8) {
    for (const char* good : {"", "abc", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) EXPECT_TRUE(is_utf8(good));
    for (const char* bad : {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xC3", "a\xFF"})
        EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace tplink::gateway
