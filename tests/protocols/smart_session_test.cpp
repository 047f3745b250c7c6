#include "protocols/tapo/smart_session.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/protocols/fakes.hpp"
#include "tests/protocols/line_transport.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;

class SmartSessionTest : public ::testing::Test {
protected:
    SmartSession make(std::string_view name = "klap2") {
        return {std::make_unique<LineTransport>(line_, name), random_, clock_};
    }
    void reply(std::string text) { line_.replies.emplace_back(std::move(text)); }
    void reply(Errc code) { line_.replies.emplace_back(fail(code, "line")); }
    std::vector<std::string> methods_of(std::size_t sent) {
        std::vector<std::string> methods;
        for (const json::value& entry : line_.sent.at(sent).at_pointer("/params/requests").as_array())
            methods.emplace_back(entry.at("method").as_string());
        return methods;
    }
    Line line_;
    FakeClock clock_;
    CountingRandom random_;
};

const std::string kOk = R"({"error_code":0})";

TEST_F(SmartSessionTest, RequestCarriesTimeAndTerminal) {
    SmartSession session = make();
    reply(kOk);
    EXPECT_TRUE(session.call({"set_device_info", json::object{{"device_on", true}}}));
    EXPECT_EQ(json::serialize(line_.sent[0]),
              R"({"method":"set_device_info","params":{"device_on":true},"request_time_milis":1700000000000,)"
              R"("terminal_uuid":"AAECAwQFBgcICQoLDA0ODw=="})");
}

TEST_F(SmartSessionTest, AesCarriesTheOlderSpellingToo) {
    SmartSession session = make("aes");
    reply(kOk);
    EXPECT_TRUE(session.call({"get_device_info", nullptr}));
    EXPECT_EQ(line_.sent[0].at("terminalUUID"), "AAECAwQFBgcICQoLDA0ODw==");
    EXPECT_FALSE(line_.sent[0].as_object().contains("params"));
}

TEST_F(SmartSessionTest, BatchesByFiveAndKeepsTheOrder) {
    SmartSession session = make();
    std::vector<Request> requests;
    for (int i = 0; i < 7; ++i) requests.push_back({"m" + std::to_string(i), nullptr});
    reply(R"({"error_code":0,"result":{"responses":[{"method":"m1","error_code":0,"result":{"v":1}},
        {"method":"m0","error_code":0,"result":{"v":0}},{"method":"m2","error_code":-1008},
        {"method":"m3","error_code":0},{"method":"m4","error_code":0,"result":{"v":4}},{"method":"x"},7]}})");
    reply(
        R"({"error_code":0,"result":{"responses":[{"method":"m5","error_code":0},{"method":"m6","error_code":-1002}]}})");
    const auto answers = session.query(requests).value();
    ASSERT_EQ(answers.size(), 7U);
    EXPECT_EQ(methods_of(0), (std::vector<std::string>{"m0", "m1", "m2", "m3", "m4"}));
    EXPECT_EQ(methods_of(1), (std::vector<std::string>{"m5", "m6"}));
    EXPECT_EQ(answers[0].result->at("v"), 0);
    EXPECT_EQ(answers[1].result->at("v"), 1);
    EXPECT_EQ(answers[2].result.error().code, Errc::refused);
    EXPECT_EQ(*answers[3].result, json::value(json::object()));
    EXPECT_EQ(answers[6].result.error().code, Errc::unsupported);
}

TEST_F(SmartSessionTest, ReadsAListOfSeveralPagesToItsEnd) {
    SmartSession session = make();
    reply(R"({"error_code":0,"result":{"start_index":0,"sum":5,"child_device_list":[{"n":1},{"n":2}]}})");
    reply(R"({"error_code":0,"result":{"start_index":2,"sum":5,"child_device_list":[{"n":3},{"n":4}]}})");
    reply(R"({"error_code":0,"result":{"start_index":4,"sum":5,"child_device_list":[{"n":5}]}})");
    const Request requests[] = {{"get_child_device_list", json::object{{"start_index", 0}}}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(line_.sent.at(1).at_pointer("/params/start_index"), 2);
    EXPECT_EQ(line_.sent.at(2).at_pointer("/params/start_index"), 4);
    ASSERT_EQ(answers[0].result->at("child_device_list").as_array().size(), 5U);
    EXPECT_EQ(answers[0].result->at_pointer("/child_device_list/4/n"), 5);
}

TEST_F(SmartSessionTest, DoesNotAskForEverForAListThatNeverEnds) {
    SmartSession session = make();
    reply(R"({"error_code":0,"result":{"start_index":0,"sum":9,"rule_list":[{"n":1}]}})");
    reply(R"({"error_code":0,"result":{"start_index":1,"sum":9,"rule_list":[]}})");
    const Request requests[] = {{"get_schedule_rules", json::object{{"start_index", 0}}}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(line_.sent.size(), 2U);
    EXPECT_EQ(answers[0].result->at("rule_list").as_array().size(), 1U);
}

TEST_F(SmartSessionTest, AsksSinglyWhatADeviceLeftOutAfterAFailure) {
    SmartSession session = make();
    reply(
        R"({"error_code":0,"result":{"responses":[{"method":"a","error_code":0},{"method":"b","error_code":-1002}]}})");
    reply(R"({"error_code":0,"result":{"v":3}})");
    const Request requests[] = {{"a", nullptr}, {"b", nullptr}, {"c", nullptr}};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(line_.sent.at(1).at("method"), "c");
    EXPECT_EQ(answers[2].result->at("v"), 3);
}

TEST_F(SmartSessionTest, DeviceThatCannotBatchIsAskedSinglyFromThenOn) {
    SmartSession session = make();
    reply(R"({"error_code":-1003})");
    for (int i = 0; i < 4; ++i) reply(kOk);
    const Request requests[] = {{"a", nullptr}, {"b", nullptr}};
    EXPECT_TRUE(session.query(requests));
    EXPECT_TRUE(session.query(requests));
    EXPECT_EQ(line_.sent.at(3).at("method"), "a");
}

TEST_F(SmartSessionTest, TooLongABatchIsHalved) {
    SmartSession session = make();
    reply(R"({"error_code":-1006})");
    reply(R"({"error_code":0,"result":{"responses":[{"method":"a"},{"method":"b"}]}})");
    reply(R"({"error_code":0,"result":{"responses":[{"method":"c"},{"method":"d"}]}})");
    const Request requests[] = {{"a", nullptr}, {"b", nullptr}, {"c", nullptr}, {"d", nullptr}};
    EXPECT_EQ(session.query(requests)->size(), 4U);
}

TEST_F(SmartSessionTest, ExpiredSessionIsRenewedOnceAndUnseen) {
    SmartSession session = make();
    reply(Errc::session_expired);
    reply(kOk);
    EXPECT_TRUE(session.call({"a", nullptr}));
    EXPECT_EQ(line_.login_count, 2);
    reply(R"({"error_code":9999})");
    reply(kOk);
    EXPECT_TRUE(session.call({"a", nullptr}));
    EXPECT_EQ(line_.login_count, 3);
}

TEST_F(SmartSessionTest, SecondExpiryInARowIsReported) {
    SmartSession session = make();
    reply(Errc::session_expired);
    reply(Errc::session_expired);
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::session_expired);
    EXPECT_EQ(line_.login_count, 2);
}

TEST_F(SmartSessionTest, RefusedPasswordIsNeverRepeated) {
    SmartSession session = make();
    line_.logins.push_back(fail(Errc::auth_failed, "wrong"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::auth_failed);
    EXPECT_EQ(session.identify().error().code, Errc::auth_failed);
    EXPECT_EQ(line_.login_count, 1);
}

TEST_F(SmartSessionTest, RefusalDuringTheSessionIsStickyToo) {
    SmartSession session = make();
    reply(R"({"error_code":-1501})");
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::auth_failed);
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::auth_failed);
    EXPECT_EQ(line_.login_count, 1);
}

TEST_F(SmartSessionTest, LockedDeviceIsLeftAloneUntilTheTimeIsOver) {
    SmartSession session = make();
    line_.logins.push_back(tl::unexpected(Error{Errc::locked_out, "locked", -40404, 600s}));
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::locked_out);
    clock_.passed = 599s;
    const Error still = session.call({"a", nullptr}).error();
    EXPECT_EQ(still.code, Errc::locked_out);
    EXPECT_EQ(still.retry_after, 1s);
    EXPECT_EQ(line_.login_count, 1);
    clock_.passed = 600s;
    reply(kOk);
    EXPECT_TRUE(session.call({"a", nullptr}));
}

TEST_F(SmartSessionTest, NetworkFailureSaysNothingAboutTheSession) {
    SmartSession session = make();
    reply(Errc::timeout);
    reply(kOk);
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::timeout);
    EXPECT_TRUE(session.call({"a", nullptr}));
    EXPECT_EQ(line_.login_count, 1);
}

TEST_F(SmartSessionTest, BrokenJsonCostsOneRenewalOnly) {
    SmartSession session = make();
    for (int i = 0; i < 3; ++i) reply("{broken");
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::malformed);
    EXPECT_EQ(session.call({"a", nullptr}).error().code, Errc::malformed);
    EXPECT_EQ(line_.login_count, 2);
}

TEST_F(SmartSessionTest, Identifies) {
    SmartSession session = make();
    reply(R"({"error_code":0,"result":{"responses":[
        {"method":"get_device_info","error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","model":"P110","nickname":"S8O8Y2hl",
         "hw_ver":"1.0","fw_ver":"1.3.0 Build 230905","device_id":"80","type":"SMART.TAPOPLUG"}},
        {"method":"component_nego","error_code":0,"result":{"component_list":[{"id":"energy_monitoring","ver_code":2},
         {"id":"led"},{"ver_code":1},5]}}]}})");
    const Identity identity = session.identify().value();
    EXPECT_EQ(identity.mac, "5ca6e6010203");
    EXPECT_EQ(identity.model, "P110");
    EXPECT_EQ(identity.name, "Küche");
    EXPECT_EQ(identity.firmware, "1.3.0 Build 230905");
    EXPECT_EQ(identity.device_type, "SMART.TAPOPLUG");
    ASSERT_EQ(identity.components.size(), 2U);
    EXPECT_EQ(identity.components[0].version, 2);
    EXPECT_EQ(identity.components[1].name, "led");
}

TEST_F(SmartSessionTest, ANameThatIsNoTextStaysAsItWasSent) {
    SmartSession session = make();
    // "//79" decodes to FF FE FD: in a state file or on the API it would break every reader.
    reply(R"({"error_code":0,"result":{"responses":[
        {"method":"get_device_info","error_code":0,"result":{"mac":"5C-A6-E6-01-02-03","nickname":"//79"}},
        {"method":"component_nego","error_code":0,"result":{"component_list":[]}}]}})");
    EXPECT_EQ(session.identify().value().name, "//79");
}

} // namespace
} // namespace tplink::tapo
