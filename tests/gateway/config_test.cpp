#include "gateway/config/configuration.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

#include "gateway/app/arguments.hpp"
#include "gateway/config/seal.hpp"
#include "gateway/config/state_store.hpp"
#include "tests/gateway/temporary_directory.hpp"

namespace tplink::gateway {
namespace {

std::string only_fault(const std::string& text, const Environment& environment = {}) {
    const LoadedConfig loaded = parse_config(text, "f.yaml", environment);
    if (loaded.faults.empty()) return "";
    std::string all;
    for (const auto& fault : loaded.faults) all += (all.empty() ? "" : "\n") + fault.text();
    return all;
}

TEST(Config, NeedsNothingButTheBroker) {
    const LoadedConfig loaded = parse_config("mqtt: {host: broker}\n", "f.yaml", {});
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().text();
    EXPECT_EQ(loaded.config.mqtt.port, 1883);
    EXPECT_EQ(loaded.config.http.listen, (Listen{"0.0.0.0", 8745}));
    EXPECT_EQ(loaded.config.media.linger, std::chrono::seconds(15));
    EXPECT_EQ(only_fault(""), "f.yaml:0: mqtt.host: is needed: the address of the MQTT broker");
    EXPECT_EQ(only_fault("", {{"SUPERVISOR_TOKEN", "x"}}), "") << "the add-on's Supervisor knows the broker";
}

TEST(Config, NamesLineKeyAndNearestWord) {
    EXPECT_EQ(only_fault("mqtt:\n  host: b\n  prot: 1883\n"), "f.yaml:3: mqtt.prot: is not known; did you mean 'port'?");
    EXPECT_EQ(only_fault("mqtt:\n  host: b\n  port: many\n"), "f.yaml:3: mqtt.port: expected a whole number from 1 to 65535");
    EXPECT_EQ(only_fault("mqtt: {host: b}\ndevices:\n  - name: x\n"), "f.yaml:3: devices[0].host: is needed: the device's address (or its mac)");
    EXPECT_EQ(only_fault("mqtt: {host: b}\ndevices:\n  - host: h\n    family: toaster\n"),
              "f.yaml:4: devices[0].family: 'toaster' is not allowed; use one of: auto, tapo_camera, vigi_camera, kasa_camera, tapo_plug, kasa_plug");
    EXPECT_EQ(only_fault("mqtt: {host: b}\nlog: {level: loud}\n"), "f.yaml:2: log.level: 'loud' is not allowed; use one of: trace, debug, info, warning, error");
    EXPECT_EQ(only_fault("mqtt: {host: b, host: c}\n"), "f.yaml:1: mqtt.host: is given twice; keep one");
    EXPECT_EQ(only_fault("mqtt: {host: b}\nhttp: {listen: '0.0.0.0:8745abc'}\n"), "f.yaml:2: http.listen: expected ADDRESS:PORT, such as 0.0.0.0:8745");
    EXPECT_EQ(only_fault("mqtt: {host: b}\ndevices:\n  - host: h\n  - host: h\n"), "f.yaml:2: devices: the device at 'h' is given twice; keep one entry");
    EXPECT_EQ(only_fault("mqtt: {host: b}\nwebrtc: {ports: 10-5}\n"), "f.yaml:2: webrtc.ports: expected FIRST-LAST, such as 8660-8759");
    EXPECT_NE(only_fault("mqtt: [1, 2\n").find("f.yaml:2: syntax:"), std::string::npos);
    EXPECT_EQ(only_fault("just text\n"), "f.yaml:1: configuration: expected a mapping of keys to values\nf.yaml:0: mqtt.host: is needed: the address of the MQTT broker");
}

TEST(Config, EveryFaultIsOneShortLineWhateverItQuotes) {
    const std::string endless(50000, 'x');
    const LoadedConfig loaded = parse_config("mqtt: {host: b, discovery: \"a\\nb\"}\nlog: {level: " + endless + "}\n\"k\\ney" + endless.substr(0, 900) + "\": 1\n", "f.yaml", {});
    ASSERT_EQ(loaded.faults.size(), 3U);
    EXPECT_EQ(loaded.faults[0].text(), "f.yaml:1: mqtt.discovery: 'a?b' is not allowed; use one of: device, component, off");
    for (const ConfigFault& fault : loaded.faults) {
        EXPECT_LT(fault.text().size(), 1300U);
        EXPECT_EQ(fault.text().find('\n'), std::string::npos);
    }
}

TEST(Config, ASecretIsReadFromAPlainFileOnly) {
    EXPECT_EQ(only_fault("mqtt: {host: b, password_file: /dev/zero}\n"), "f.yaml:1: mqtt.password_file: cannot be read, or holds nothing: /dev/zero");
    EXPECT_EQ(only_fault("mqtt: {host: b, password_file: .}\n"), "f.yaml:1: mqtt.password_file: cannot be read, or holds nothing: .");
}

TEST(Config, ReadsJsonAndEnvironment) {
    const LoadedConfig loaded = parse_config(R"({"mqtt":{"host":"b","password":"from file"},"devices":[{"host":"1.2.3.4","mac":"A8-42-A1-00-11-22","poll_s":1}]})", "o.json",
                                             {{"TPLINK2MQTT__MQTT__PASSWORD", "a: #b"}, {"TPLINK2MQTT__LOCAL_ONLY", "true"}, {"TPLINK2MQTT__DISCOVERY__TARGETS", "[127.0.0.1]"}});
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().text();
    EXPECT_EQ(loaded.config.mqtt.password.reveal(), "a: #b") << "any legal password, taken as it is";
    EXPECT_TRUE(loaded.config.local_only);
    EXPECT_EQ(loaded.config.discovery.targets, std::vector<std::string>{"127.0.0.1"});
    EXPECT_EQ(loaded.config.devices.front().mac, "a842a1001122");
    EXPECT_EQ(loaded.config.devices.front().poll, std::chrono::seconds(1));
}

TEST(Config, CloudKeysComeInPairs) {
    const auto loaded = parse_config("mqtt: {host: x}\ncloud: {enabled: true, keys: {login: {access_key: a, secret: b}}}\n", "x.yaml", {});
    EXPECT_TRUE(loaded.faults.empty());
    EXPECT_EQ(loaded.config.cloud.login_key.access_key, "a");
    EXPECT_EQ(loaded.config.cloud.login_key.secret.reveal(), "b");
    EXPECT_EQ(parse_config("mqtt: {host: x}\ncloud: {keys: {login: {secret: b}}}\n", "x.yaml", {}).faults.size(), 1U);
    EXPECT_EQ(parse_config("mqtt: {host: x}\ncloud: {url: \"http://x\"}\n", "x.yaml", {}).faults.size(), 1U);
}

TEST(Config, ReadsPasswordsFromFiles) {
    const auto path = std::filesystem::temp_directory_path() / ("tplink2mqtt-secret-" + std::to_string(::getpid()));
    std::ofstream(path) << "s3cret;#%\nsecond line\n";
    const LoadedConfig loaded = parse_config("mqtt: {host: b}\naccount: {username: u, password_file: " + path.string() + "}\n", "f.yaml", {});
    std::filesystem::remove(path);
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().text();
    EXPECT_EQ(loaded.config.account.password.reveal(), "s3cret;#%");
    EXPECT_NE(only_fault("mqtt: {host: b}\naccount: {password_file: /does/not/exist}\n").find("account.password_file: cannot be read"), std::string::npos);
}

TEST(Config, TheEnvironmentOverridesAPasswordHoweverTheFileGivesIt) {
    const LoadedConfig loaded = parse_config("mqtt: {host: b, password_file: /does/not/exist}\n", "f.yaml", {{"TPLINK2MQTT__MQTT__PASSWORD", "x"}});
    ASSERT_TRUE(loaded.faults.empty()) << loaded.faults.front().text();
    EXPECT_EQ(loaded.config.mqtt.password.reveal(), "x");
    EXPECT_NE(only_fault("mqtt: {host: b, password: x}\n", {{"TPLINK2MQTT__MQTT__PASSWORD_FILE", "/does/not/exist"}}).find("cannot be read"), std::string::npos);
}

TEST(Config, FaultOfAnEnvironmentVariableNamesIt) {
    EXPECT_EQ(only_fault("mqtt: {host: b}\n", {{"TPLINK2MQTT__MQTT__PORT", "abc"}}),
              "f.yaml:0: mqtt.port: expected a whole number from 1 to 65535; the value is that of the environment variable TPLINK2MQTT__MQTT__PORT");
}

TEST(Config, AnAddOnKeepsItsStateWhereItSurvivesAnUpdate) {
    EXPECT_EQ(parse_config("", "f.yaml", {{"SUPERVISOR_TOKEN", "t"}}).config.state_dir, "/data");
    EXPECT_EQ(parse_config("state_dir: /x\n", "f.yaml", {{"SUPERVISOR_TOKEN", "t"}}).config.state_dir, "/x");
}

TEST(Config, ARequestMayNotReadFilesOfThisMachine) {
    const LoadedConfig loaded = parse_device(R"({"host":"1.2.3.4","password_file":"/etc/hostname"})");
    ASSERT_EQ(loaded.faults.size(), 1U);
    EXPECT_EQ(loaded.faults.front().text(), "request:1: password_file: is not taken from a request; send the password itself");
}

TEST(Config, TellsAFolderFromAFile) {
    const LoadedConfig loaded = load_config("/", {});
    ASSERT_EQ(loaded.faults.size(), 1U);
    EXPECT_EQ(loaded.faults.front().text(), "/:0: file: cannot be read; check the path and its permissions");
}

TEST(Arguments, FollowTheContract) {
    EXPECT_EQ(parse_arguments({})->command, Arguments::Command::run);
    EXPECT_EQ(parse_arguments({"--config", "x"})->config, "x");
    EXPECT_EQ(parse_arguments({"check", "--config=a=b"})->config, "a=b");
    EXPECT_EQ(parse_arguments({"discover", "--json", "--timeout", "0.5", "--target", "a", "--target", "b/24"})->targets.size(), 2U);
    EXPECT_EQ(parse_arguments({"probe", "1.2.3.4"})->address, "1.2.3.4");
    for (const std::vector<std::string>& bad : {std::vector<std::string>{"fly"}, {"probe"}, {"check", "--json"}, {"run", "x"}, {"discover", "--timeout", "-1"}, {"--config"}})
        EXPECT_FALSE(parse_arguments(bad)) << bad.front();
}

TEST(StateStore, KeepsFactsOverARestartInAPrivateFile) {
    const auto folder = std::filesystem::temp_directory_path() / ("tplink2mqtt-state-" + std::to_string(::getpid()));
    {
        StateStore store(folder.string());
        store.put_device("a842a1001122", {.mac = "a842a1001122", .address = "1.2.3.4", .port = 80, .transport = "klap2", .family = Family::tapo_plug});
        EXPECT_EQ(store.text("client", [] { return "one"; }), "one");
        EXPECT_EQ(store.problem(), "");
    }
    const auto mode = std::filesystem::status(folder / "state.json").permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    {
        StateStore store(folder.string());
        EXPECT_EQ(store.devices().at("a842a1001122").transport, "klap2");
        EXPECT_EQ(store.text("client", [] { return "two"; }), "one");
    }
    std::ofstream(folder / "state.json") << "{broken";
    StateStore store(folder.string());
    EXPECT_TRUE(store.devices().empty());
    EXPECT_NE(store.problem().find("set aside"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(folder / "state.json.broken")) << "nothing learned is thrown away";
    std::filesystem::remove_all(folder);
}

TEST(StateStore, WhatWasGivenAtRunTimeLiesSealed) {
    const testing::TemporaryDirectory folder;
    const std::string file = folder.path() + "/state.json", key = folder.path() + "/state.key";
    const auto read = [&] {
        std::ifstream in(file);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    {
        StateStore store(folder.path());
        store.put_text("settings", R"({"http.password":"a secret"})");
        store.put_added("a842a1001122", R"({"password":"another secret"})");
    }
    for (const char* secret : {"a secret", "another secret", "http.password"}) EXPECT_EQ(read().find(secret), std::string::npos) << secret;
    EXPECT_EQ(std::filesystem::status(key).permissions() & std::filesystem::perms::all, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    {
        StateStore store(folder.path());
        EXPECT_EQ(store.kept("settings"), R"({"http.password":"a secret"})");
        EXPECT_EQ(store.added().at("a842a1001122"), R"({"password":"another secret"})");
        EXPECT_EQ(store.problem(), "");
    }
    const std::string sealed = read();
    std::filesystem::remove(key);  // lost
    {
        StateStore store(folder.path());
        EXPECT_EQ(store.kept("settings"), "");
        EXPECT_NE(store.problem().find("kept in state.json.sealed"), std::string::npos) << store.problem();
        store.put_text("settings", "{}");
        EXPECT_EQ(store.problem(), "");
    }
    std::ifstream aside(file + ".sealed");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(aside), {}), sealed);
}

TEST(StateStore, ASecondLostKeyTakesNoEarlierCopysPlace) {
    const testing::TemporaryDirectory folder;
    const auto read = [&](const char* name) {
        std::ifstream in(folder.path() + name);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    std::string sealed[2];
    for (std::string& one : sealed) {
        { StateStore(folder.path()).put_text("settings", "of then"); }
        one = read("/state.json");
        std::filesystem::remove(folder.path() + "/state.key");
        for (int start = 0; start < 2; ++start) EXPECT_NE(StateStore(folder.path()).problem(), "");  // a second start makes no second copy
    }
    EXPECT_EQ(read("/state.json.sealed"), sealed[0]);
    EXPECT_EQ(read("/state.json.sealed2"), sealed[1]);
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/state.json.sealed3"));
}

TEST(StateStore, PlainTextsOfOlderVersionsAreReadAndSealed) {
    const testing::TemporaryDirectory folder;
    std::ofstream(folder.path() + "/state.json") << R"({"texts":{"http_password":"made once"},"added":{}})";
    {
        StateStore store(folder.path());
        EXPECT_EQ(store.text("http_password", [] { return "another"; }), "made once");
    }
    std::ifstream in(folder.path() + "/state.json");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}).find("made once"), std::string::npos);
    EXPECT_EQ(StateStore(folder.path()).kept("http_password"), "made once");
}

TEST(StateStore, AKeyThatCannotBeUsedWritesNothingPlain) {
    const testing::TemporaryDirectory folder;
    std::ofstream(folder.path() + "/state.key") << "short";
    StateStore store(folder.path());
    store.put_text("settings", "a secret");
    EXPECT_NE(store.problem().find("state.key: it does not hold 32 bytes"), std::string::npos) << store.problem();
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/state.json"));
    EXPECT_EQ(store.kept("settings"), "a secret") << "still known in memory";
}

TEST(Sealing, OpensWhereItWasSealedAndNowhereElse) {
    const testing::TemporaryDirectory folder;
    const auto seal = Seal::from_file(folder.path() + "/key");
    ASSERT_TRUE(seal);
    const std::string one = (*seal)->close("a", "text"), other = (*seal)->close("a", "text");
    EXPECT_NE(one, other);
    EXPECT_EQ((*seal)->open("a", one), "text");
    EXPECT_EQ((*seal)->open("a", (*seal)->close("a", "")), "");
    EXPECT_FALSE((*seal)->open("b", one));
    std::string changed = one;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    EXPECT_FALSE((*seal)->open("a", changed));
    for (const char* junk : {"", "sealed:", "sealed:AAAA", "sealed:***", "text"}) EXPECT_FALSE((*seal)->open("a", junk)) << junk;
    EXPECT_EQ((*Seal::from_file(folder.path() + "/key"))->open("a", one), "text");
}

TEST(Configuration, CertificateAndKeyAreHeldAgainstEachOther) {
    const auto faults = [](const std::string& http) { return parse_config("mqtt: {host: a}\nhttp: {" + http + "}\n", "file", {}).faults; };
    ASSERT_EQ(faults("ssl_cert: /no/such").size(), 1U);
    EXPECT_EQ(faults("ssl_cert: /no/such")[0].text(), "file:2: http.ssl_cert: and ssl_key belong together: give both, or none for plain HTTP");
    EXPECT_EQ(faults("ssl_key: /no/such")[0].key, "http.ssl_key");
    ASSERT_EQ(faults("ssl_cert: /no/such, ssl_key: /no/such").size(), 1U);
    EXPECT_EQ(faults("ssl_cert: /no/such, ssl_key: /no/such")[0].text(), "file:2: http.ssl_cert: /no/such cannot be read (No such file or directory)");
}

TEST(StateStore, AFolderThatCannotBeWrittenIsOneSentence) {
    StateStore store("/proc/no/such");
    store.put_device("a", {.mac = "a"});
    EXPECT_NE(store.problem().find("set state_dir to a folder that can be written"), std::string::npos);
    EXPECT_EQ(store.devices().size(), 1U) << "still known in memory";
}

}  // namespace
}  // namespace tplink::gateway
