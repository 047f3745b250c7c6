#include "protocols/tapo/camera_session.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/protocols/fakes.hpp"
#include "tests/protocols/line_transport.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;

class CameraSessionTest : public ::testing::Test {
protected:
    CameraSession make(std::size_t batch = CameraSession::kDefaultBatch) {
        return {std::make_unique<LineTransport>(line_, "tapo3"), clock_, batch};
    }
    void reply(std::string text) { line_.replies.emplace_back(std::move(text)); }
    void responses(const std::string& list) {
        reply(R"({"error_code":0,"result":{"responses":[)" + list + "]}}");
    }
    std::string sent(std::size_t index) { return json::serialize(line_.sent.at(index)); }
    /// "a,b" of the batch sent as number `index`.
    std::string methods(std::size_t index) {
        std::string names;
        for (const json::value& entry : line_.sent.at(index).at_pointer("/params/requests").as_array())
            names += (names.empty() ? "" : ",") + std::string(entry.at("method").as_string().c_str());
        return names;
    }
    Line line_;
    FakeClock clock_;
};

Request ask(const char* method, const char* params = "{}") { return {method, json::parse(params)}; }

TEST_F(CameraSessionTest, BatchHasTheBytesOfThePage) {
    CameraSession session = make();
    responses(
        R"({"method":"getLensMaskConfig","result":{"lens_mask":{"lens_mask_info":{"enabled":"on"}}},"error_code":0})");
    const Request request = ask("getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})");
    const auto answers = session.query({&request, 1}).value();
    EXPECT_EQ(sent(0), R"({"method":"multipleRequest","params":{"requests":[{"method":"getLensMaskConfig",)"
                       R"("params":{"lens_mask":{"name":["lens_mask_info"]}}}]}})");
    EXPECT_EQ(answers[0].result->at_pointer("/lens_mask/lens_mask_info/enabled"), "on");
}

TEST_F(CameraSessionTest, OldStyleGoesBareAndAnswersFlat) {
    CameraSession session = make();
    reply(R"({"motor":{"capability":{"x":"1"}},"error_code":0})");
    const auto value = session.call(ask("do", R"({"motor":{"move":{"x_coord":"10","y_coord":"0"}}})"));
    EXPECT_EQ(sent(0), R"({"method":"do","motor":{"move":{"x_coord":"10","y_coord":"0"}}})");
    EXPECT_EQ(json::serialize(*value), R"({"motor":{"capability":{"x":"1"}}})");
}

TEST_F(CameraSessionTest, HubsAnswerOutOfOrder) {
    CameraSession session = make();
    responses(R"({"method":"b","result":{"v":2}},{"method":"a","result":{"v":1},"error_code":0})");
    const Request requests[] = {ask("a"), ask("b")};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[0].result->at("v"), 1);
    EXPECT_EQ(answers[1].result->at("v"), 2);
}

TEST_F(CameraSessionTest, TwinsAreToldApartByModuleAndSection) {
    CameraSession session = make();
    responses(
        R"({"method":"getLdc","error_code":-40106},{"method":"getLdc","result":{"image":{"common":{"v":2}}}},)"
        R"({"method":"getLdc","result":{"image":{"switch":{"v":1}}}})");
    const Request requests[] = {ask("getLdc", R"({"image":{"name":["switch"]}})"),
                                ask("getLdc", R"({"image":{"name":"common"}})"),
                                ask("getLdc", R"({"image":{"name":["other"]}})")};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[0].result->at_pointer("/image/switch/v"), 1);
    EXPECT_EQ(answers[1].result->at_pointer("/image/common/v"), 2);
    EXPECT_EQ(answers[2].result.error().code, Errc::unsupported);
}

TEST_F(CameraSessionTest, CodesOfSingleMethods) {
    CameraSession session = make();
    responses(
        R"({"method":"a","error_code":-40106},{"method":"b","error_code":"-64324"},{"method":"c","error_code":-64304},)"
        R"({"method":"d","error_code":-123456},{"method":"e"},{"method":"f","error_code":-40401},)"
        R"({"method":"g","result":{"response_data":{"error_code":-40108}},"error_code":0})");
    const Request requests[] = {ask("a"), ask("b"), ask("c"), ask("d"), ask("e"), ask("f"), ask("g")};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[0].result.error().code, Errc::unsupported);
    EXPECT_EQ(answers[1].result.error().code, Errc::refused);
    EXPECT_TRUE(answers[2].result) << "the end of the motor's range is no failure";
    EXPECT_EQ(answers[3].result.error().code, Errc::unsupported) << "unknown codes are not asked for ever";
    EXPECT_EQ(*answers[4].result, json::value(json::object()));
    EXPECT_EQ(answers[5].result.error().code, Errc::refused) << "one entry does not end the session";
    EXPECT_EQ(answers[6].result.error().code, Errc::timeout);
    EXPECT_EQ(line_.login_count, 1);
}

TEST_F(CameraSessionTest, CommandWithAnUnknownCodeIsRefused) {
    CameraSession session = make();
    responses(R"({"method":"setX","error_code":-123456})");
    EXPECT_EQ(session.call(ask("setX")).error().code, Errc::refused);
}

TEST_F(CameraSessionTest, ABusyMotorIsStoppedAndAskedOnceMore) {
    CameraSession session = make();
    responses(R"({"method":"motorMove","error_code":-64303})");
    responses(R"({"method":"cruiseStop","error_code":0})");
    responses(R"({"method":"motorMove","error_code":-64304})");
    const auto moved = session.call(ask("motorMove", R"({"motor":{"move":{"x_coord":"10","y_coord":"0"}}})"));
    ASSERT_TRUE(moved) << moved.error().what;
    EXPECT_EQ(methods(1), "cruiseStop");
    EXPECT_EQ(methods(2), "motorMove");
    EXPECT_EQ(moved->at(kWarning), "end of the pan or tilt range") << "done as far as possible";
}

TEST_F(CameraSessionTest, AMotorThatStaysBusyIsARefusal) {
    CameraSession session = make();
    responses(R"({"method":"motorMove","error_code":-64303})");
    responses(R"({"method":"cruiseStop","error_code":0})");
    responses(R"({"method":"motorMove","error_code":-64303})");
    const auto moved = session.call(ask("motorMove"));
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, Errc::refused);
    EXPECT_EQ(line_.sent.size(), 3U) << "once";
}

TEST_F(CameraSessionTest, ListsInPagesAreReadToTheEnd) {
    CameraSession session = make();
    responses(R"({"method":"getChildDeviceList","result":{"child_device_list":[{"n":1},{"n":2}],"start_index":0,"sum":3},"error_code":0})");
    responses(R"({"method":"getChildDeviceList","result":{"child_device_list":[{"n":3}],"start_index":2,"sum":3},"error_code":0})");
    const Request request = ask("getChildDeviceList", R"({"childControl":{"start_index":0}})");
    const auto answers = session.query({&request, 1}).value();
    EXPECT_EQ(line_.sent.at(1).at_pointer("/params/requests/0/params/childControl/start_index"), 2);
    EXPECT_EQ(answers[0].result->at("child_device_list").as_array().size(), 3U);
}

TEST_F(CameraSessionTest, AListThatPromisesMoreThanItGivesEnds) {
    CameraSession session = make();
    responses(R"({"method":"getChildDeviceList","result":{"child_device_list":[{"n":1}],"start_index":0,"sum":9},"error_code":0})");
    responses(R"({"method":"getChildDeviceList","result":{"child_device_list":[],"start_index":1,"sum":9},"error_code":0})");
    const Request request = ask("getChildDeviceList", R"({"childControl":{"start_index":0}})");
    EXPECT_EQ(session.query({&request, 1}).value()[0].result->at("child_device_list").as_array().size(), 1U);
    EXPECT_EQ(line_.sent.size(), 2U);
}

TEST_F(CameraSessionTest, MoreThanABatchIsSplit) {
    CameraSession session = make(2);
    responses(R"({"method":"a"},{"method":"b"})");
    responses(R"({"method":"c"})");
    const Request requests[] = {ask("a"), ask("b"), ask("c")};
    EXPECT_EQ(session.query(requests)->size(), 3U);
    EXPECT_EQ(methods(0), "a,b");
    EXPECT_EQ(methods(1), "c");
}

TEST_F(CameraSessionTest, RequestThatBreaksTheEnvelopeIsIsolatedAndThenAskedAlone) {
    CameraSession session = make();
    const std::string bad = R"({"error_code":-40210})";
    reply(bad);                                    // a b c d
    responses(R"({"method":"a"},{"method":"b"})"); // a b
    reply(bad);                                    // c d
    reply(bad);                                    // c
    responses(R"({"method":"d"})");                // d
    const Request requests[] = {ask("a"), ask("b"), ask("c"), ask("d")};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(answers[2].result.error().code, Errc::unsupported);
    EXPECT_TRUE(answers[3].result);
    responses(R"({"method":"a"},{"method":"b"},{"method":"d"})");
    responses(R"({"method":"c"})");
    EXPECT_TRUE(session.query(requests).value()[2].result);
    EXPECT_EQ(methods(5), "a,b,d");
    EXPECT_EQ(methods(6), "c");
}

TEST_F(CameraSessionTest, LeftOutRequestsAreAskedAgainAndThenMalformed) {
    CameraSession session = make();
    responses(R"({"method":"a"})");
    responses("");
    responses("");
    responses(R"({"method":"c"})");
    const Request requests[] = {ask("a"), ask("b"), ask("c")};
    const auto answers = session.query(requests).value();
    EXPECT_EQ(methods(1), "b");
    EXPECT_EQ(answers[1].result.error().code, Errc::malformed);
    EXPECT_EQ(methods(2), "c");
    EXPECT_EQ(answers[2].result.error().code, Errc::malformed);
}

TEST_F(CameraSessionTest, BrokenJsonIsRenewedOnceThenHalved) {
    CameraSession session = make();
    reply(R"({"error_code":0,"result":{"respon)");
    reply(R"({"error_code":0,"result":{"respon)");
    responses(R"({"method":"a"})");
    reply("{");
    const Request requests[] = {ask("a"), ask("b")};
    const auto answers = session.query(requests).value();
    EXPECT_TRUE(answers[0].result);
    EXPECT_EQ(answers[1].result.error().code, Errc::malformed);
    EXPECT_EQ(line_.login_count, 2);
}

TEST_F(CameraSessionTest, TooLargeABatchIsRemembered) {
    CameraSession session = make(4);
    reply(R"({"error_code":-40210})");
    responses(R"({"method":"a"},{"method":"b"})");
    responses(R"({"method":"c"},{"method":"d"})");
    const Request requests[] = {ask("a"), ask("b"), ask("c"), ask("d")};
    EXPECT_TRUE(session.query(requests));
    responses(R"({"method":"a"},{"method":"b"})");
    responses(R"({"method":"c"},{"method":"d"})");
    EXPECT_TRUE(session.query(requests));
    EXPECT_EQ(line_.sent.size(), 5U);
}

TEST_F(CameraSessionTest, LostSessionsAreRenewedOnceAndUnseen) {
    for (const int number : {-1, 9999, 1002, 1112, -1001, -40401, -40409, -40413, -40418, -40420, -40421}) {
        line_ = Line{};
        CameraSession session = make();
        reply(R"({"error_code":)" + std::to_string(number) + "}");
        responses(R"({"method":"a","result":{"v":1}})");
        const Request request = ask("a");
        EXPECT_TRUE(session.query({&request, 1}).value()[0].result) << number;
        EXPECT_EQ(line_.login_count, 2) << number;
    }
}

TEST_F(CameraSessionTest, FailedLoginIsNotTakenForABadEnvelope) {
    CameraSession session = make();
    line_.logins.push_back(fail(Errc::malformed, "login: reply without a stok"));
    const Request requests[] = {ask("a"), ask("b")};
    EXPECT_EQ(session.query(requests).error().code, Errc::malformed);
    EXPECT_EQ(line_.login_count, 1);
}

TEST_F(CameraSessionTest, LockoutDuringTheSessionSendsNothingMore) {
    CameraSession session = make();
    reply(R"({"error_code":-40404})");
    EXPECT_EQ(session.call(ask("a")).error().code, Errc::locked_out);
    clock_.passed = 1799s;
    EXPECT_EQ(session.call(ask("a")).error().code, Errc::locked_out);
    EXPECT_EQ(line_.sent.size(), 1U);
}

const std::string kInfo =
    R"({"device_info":{"basic_info":{"device_type":"SMART.IPCAMERA","device_model":"C200","device_alias":"Hall",
    "sw_version":"1.3.9 Build 231019","hw_version":"1.0","mac":"40-AE-30-00-00-01","dev_id":"80"}}})";

TEST_F(CameraSessionTest, Identifies) {
    CameraSession session = make();
    responses(R"({"method":"getDeviceInfo","error_code":0,"result":)" + kInfo +
              R"(},{"method":"getAppComponentList","result":
        {"app_component":{"app_component_list":[{"name":"lensMask","version":2},{"name":"led","version":1},{},3]}}})");
    const Identity identity = session.identify().value();
    EXPECT_EQ(identity.mac, "40ae30000001");
    EXPECT_EQ(identity.model, "C200");
    EXPECT_EQ(identity.name, "Hall");
    EXPECT_EQ(identity.hardware, "1.0");
    EXPECT_EQ(identity.device_type, "SMART.IPCAMERA");
    ASSERT_EQ(identity.components.size(), 2U);
    EXPECT_EQ(identity.components[0].name, "lensMask");
    EXPECT_EQ(identity.components[0].version, 2);
}

TEST_F(CameraSessionTest, HubsAndBatteryCamerasGetSmallBatches) {
    for (const char* component : {"childControl", "battery", "lensMask"}) {
        line_ = Line{};
        CameraSession session = make();
        responses(R"({"method":"getDeviceInfo","error_code":0,"result":)" + kInfo + R"(},{"method":"getAppComponentList","result":{"app_component":{"app_component_list":[{"name":")" +
                  component + R"(","version":1}]}}})");
        ASSERT_TRUE(session.identify());
        std::vector<Request> requests;
        std::string first, rest;
        for (int i = 0; i < 12; ++i) {
            requests.push_back(ask(("m" + std::to_string(i)).c_str()));
            std::string& answers = i < 10 ? first : rest;
            answers += (answers.empty() ? "" : ",") + (R"({"method":"m)" + std::to_string(i) + R"(","result":{}})");
        }
        const bool wired = std::string_view(component) == "lensMask";
        responses(wired ? first + "," + rest : first);
        if (!wired) responses(rest);
        EXPECT_EQ(session.query(requests)->size(), 12U);
        EXPECT_EQ(line_.sent.size(), wired ? 2U : 3U) << component;
    }
}

TEST_F(CameraSessionTest, OlderCamerasTellTheirModulesInstead) {
    CameraSession session = make();
    responses(R"({"method":"getDeviceInfo","error_code":0,"result":)" + kInfo +
              R"(},{"method":"getAppComponentList","error_code":-40106})");
    reply(
        R"({"function":{"module_spec":{"lens_mask":"1","led":"1","ptz":"0","msg_alarm":"1"}},"error_code":0})");
    const Identity identity = session.identify().value();
    EXPECT_EQ(sent(1), R"({"method":"get","function":{"name":["module_spec"]}})");
    const auto has = [&](std::string_view name) {
        return std::any_of(identity.components.begin(), identity.components.end(),
                           [&](const Component& c) { return c.name == name; });
    };
    EXPECT_TRUE(has("lensMask"));
    EXPECT_TRUE(has("manualAlarm"));
    EXPECT_TRUE(has("detection"));
    EXPECT_FALSE(has("ptz"));
}

} // namespace
} // namespace tplink::tapo
