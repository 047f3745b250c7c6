#include "gateway/config/settings.hpp"

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace tplink::gateway {
namespace {

class Settings : public ::testing::Test {
protected:
    void SetUp() override { write("mqtt: {host: broker, password_file: /nowhere}\nlog: {level: info}\n"); }
    void TearDown() override { std::filesystem::remove(file_); }
    void write(const std::string& text) { std::ofstream(file_) << text; }
    OverlayChange change(const Overlay& now, std::string_view wanted, const Environment& environment = {}) {
        return change_overlay(now, boost::json::parse(wanted).as_object(), file_, environment);
    }
    const std::string file_ = std::filesystem::temp_directory_path() / ("settings_test." + std::to_string(::getpid()) + ".yaml");
};

TEST_F(Settings, LieOverTheFileUntilTheUserEditsThatLine) {
    write("mqtt: {host: broker}\nlog: {level: info}\n");
    const Overlay overlay = Overlay::from_text(change({}, R"({"log.level":"debug","mqtt":{"port":1884}})").overlay.to_text());
    EXPECT_EQ(load_with(overlay, file_, {}).config.log.level, "debug");
    write("mqtt: {host: broker}\nlog: {level: warning}\n");
    const Config now = load_with(overlay, file_, {}).config;
    EXPECT_EQ(now.log.level, "warning");
    EXPECT_EQ(now.mqtt.port, 1884);
    EXPECT_EQ(load_with(overlay, file_, {{"TPLINK2MQTT__MQTT__PORT", "1885"}}).config.mqtt.port, 1885) << "the environment is above all";
}

TEST_F(Settings, APasswordTakesThePlaceOfAPasswordFile) {
    const OverlayChange changed = change({}, R"({"mqtt.password":"secret"})");
    ASSERT_TRUE(changed.faults.empty()) << changed.faults.front().text();
    EXPECT_EQ(load_with(changed.overlay, file_, {}).config.mqtt.password.reveal(), "secret");
}

TEST_F(Settings, RefuseWhatTheFileWouldRefuseAndWhatIsNotTheirs) {
    write("mqtt: {host: broker}\n");
    for (const char* wanted : {R"({"log.level":"loud"})", R"({"log.lvl":"info"})", R"({"mqtt.host":""})", R"({"devices":[]})", R"({"devices.name":"x"})", R"({"state_dir":"/"})",
                               R"({"account.password_file":"/etc/passwd"})", R"({"a":{"b":{"c":1}}})", R"({"mqtt":"x"})", R"({"":1})", R"({".":1})", R"({"mqtt.port":70000})", "{}"})
        EXPECT_FALSE(change({}, wanted).faults.empty()) << wanted;
    EXPECT_FALSE(change({}, R"({"mqtt.port":1884})", {{"TPLINK2MQTT__MQTT__PORT", "1885"}}).faults.empty());
}

TEST_F(Settings, NullGivesAKeyBackToTheFile) {
    write("mqtt: {host: broker}\nlog: {level: info}\n");
    const Overlay one = change({}, R"({"log.level":"debug"})").overlay;
    const Overlay none = change(one, R"({"log.level":null})").overlay;
    EXPECT_TRUE(none.entries.empty());
}

TEST_F(Settings, AreDescribedWithoutSecrets) {
    write("mqtt: {host: broker, password: canary}\n");
    const Config config = load_with({}, file_, {}).config;
    const auto told = describe_settings(config, {}, {{"TPLINK2MQTT__LOG__LEVEL", "info"}});
    EXPECT_EQ(told.at("mqtt.password").at("value"), boost::json::value("***"));
    EXPECT_EQ(told.at("mqtt.host").at("source"), boost::json::value("file"));
    EXPECT_EQ(told.at("mqtt.port").at("source"), boost::json::value("default"));
    EXPECT_EQ(told.at("log.level").at("source"), boost::json::value("environment"));
}

TEST(Overlay, RubbishIsAnEmptyOne) {
    for (const char* text : {"", "[]", "{", R"({"a":1})", R"({"a":{"value":1}})", R"({"a":{"value":1,"over":2}})"}) EXPECT_TRUE(Overlay::from_text(text).entries.empty()) << text;
}

}  // namespace
}  // namespace tplink::gateway
