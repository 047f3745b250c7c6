#include "protocols/child_session.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "protocols/tapo/camera_session.hpp"
#include "protocols/tapo/smart_session.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/line_transport.hpp"

namespace tplink::tapo {
namespace {

using namespace tplink::test;

class ChildSessionTest : public ::testing::Test {
protected:
    template <class Dialect> std::unique_ptr<Session> child_over(std::unique_ptr<Dialect> parent) {
        Identity identity;
        identity.name = "Outlet 2";
        return make_child_session(make_shared_session(std::move(parent)), "80AB01", identity);
    }
    std::unique_ptr<Session> outlet() {
        return child_over(
            std::make_unique<SmartSession>(std::make_unique<LineTransport>(line_, "klap2"), random_, clock_));
    }
    std::unique_ptr<Session> hub_camera() {
        return child_over(
            std::make_unique<CameraSession>(std::make_unique<LineTransport>(line_, "tapo3"), clock_));
    }
    std::string sent(std::size_t index, const char* pointer) {
        return json::serialize(line_.sent.at(index).at_pointer(pointer));
    }
    Line line_;
    FakeClock clock_;
    CountingRandom random_;
};

TEST_F(ChildSessionTest, OutletCommandsTravelInControlChild) {
    const auto session = outlet();
    line_.replies.emplace_back(R"({"error_code":0,"result":{"responseData":{"error_code":0}}})");
    EXPECT_TRUE(session->call({"set_device_info", json::object{{"device_on", true}}}));
    EXPECT_EQ(sent(0, "/method"), R"("control_child")");
    EXPECT_EQ(
        sent(0, "/params"),
        R"({"device_id":"80AB01","requestData":{"method":"set_device_info","params":{"device_on":true}}})");
}

TEST_F(ChildSessionTest, OutletQueriesAreOneNestedBatch) {
    const auto session = outlet();
    line_.replies.emplace_back(
        R"({"error_code":0,"result":{"responseData":{"error_code":0,"result":{"responses":[
        {"method":"get_device_info","error_code":0,"result":{"device_on":true}},{"method":"get_energy_usage","error_code":-1002}]}}}})");
    const Request requests[] = {{"get_device_info", nullptr}, {"get_energy_usage", nullptr}};
    const auto answers = session->query(requests).value();
    EXPECT_EQ(sent(0, "/params/requestData/method"), R"("multipleRequest")");
    EXPECT_EQ(answers[0].result->at("device_on"), true);
    EXPECT_EQ(answers[1].result.error().code, Errc::unsupported);
}

TEST_F(ChildSessionTest, OneBatchNeverSpeaksToTwoChildren) {
    SmartSession parent(std::make_unique<LineTransport>(line_, "klap2"), random_, clock_);
    const std::string own = R"({"error_code":0,"result":{"v":1}})";
    const std::string of_child =
        R"({"error_code":0,"result":{"responseData":{"error_code":0,"result":{"v":2}}}})";
    line_.replies.emplace_back(own);
    line_.replies.emplace_back(of_child);
    line_.replies.emplace_back(of_child);
    const Request requests[] = {{"a", nullptr}, {"b", nullptr, "1"}, {"c", nullptr, "2"}};
    const auto answers = parent.query(requests).value();
    EXPECT_EQ(answers[0].result->at("v"), 1);
    EXPECT_EQ(answers[2].result->at("v"), 2);
    EXPECT_EQ(sent(1, "/params/device_id"), R"("1")");
    EXPECT_EQ(sent(2, "/params/device_id"), R"("2")");
}

TEST_F(ChildSessionTest, HubCamerasAreAskedThroughControlChild) {
    const auto session = hub_camera();
    line_.replies.emplace_back(
        R"({"error_code":0,"result":{"responses":[{"method":"controlChild","error_code":0,"result":{
        "response_data":{"method":"multipleRequest","error_code":0,"result":{"responses":[
            {"method":"getLedStatus","error_code":0,"result":{"led":{"config":{"enabled":"on"}}}}]}}}}]}})");
    const Request request{"getLedStatus", json::object{{"led", json::object{{"name", "config"}}}}};
    const auto answers = session->query({&request, 1}).value();
    EXPECT_EQ(answers[0].result->at_pointer("/led/config/enabled"), "on");
    EXPECT_EQ(sent(0, "/params/requests/0/method"), R"("controlChild")");
    EXPECT_EQ(sent(0, "/params/requests/0/params/childControl/device_id"), R"("80AB01")");
    EXPECT_EQ(sent(0, "/params/requests/0/params/childControl/request_data/params/requests/0/method"),
              R"("getLedStatus")");
}

TEST_F(ChildSessionTest, RefusalOfTheHubItselfIsTheChildsAnswer) {
    const auto session = hub_camera();
    line_.replies.emplace_back(
        R"({"error_code":0,"result":{"responses":[{"method":"controlChild","error_code":-40108}]}})");
    const auto result = session->call({"setLedStatus", json::object{}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().device_code, -40108);
}

TEST_F(ChildSessionTest, OldStyleRequestsNeverReachTheHubItself) {
    const auto session = hub_camera();
    const auto result = session->call({"do", json::object{{"motor", json::object{}}}});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::unsupported);
    EXPECT_TRUE(line_.sent.empty());
}

TEST_F(ChildSessionTest, CancellingAChildLeavesItsParentAlone) {
    const auto parent = make_shared_session(
        std::make_unique<SmartSession>(std::make_unique<LineTransport>(line_, "klap2"), random_, clock_));
    const auto one = make_child_session(parent, "1", {});
    const auto two = make_child_session(parent, "2", {});
    one->cancel();
    EXPECT_EQ(one->call({"x", nullptr}).error().code, Errc::cancelled);
    line_.replies.emplace_back(R"({"error_code":0,"result":{"responseData":{"error_code":0}}})");
    EXPECT_TRUE(two->call({"x", nullptr}));
    EXPECT_EQ(two->identify()->name, "");
}

} // namespace
} // namespace tplink::tapo
