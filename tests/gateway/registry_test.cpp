// Which devices exist, who hears of them, and what is answered for those that do not.

#include "gateway/app/registry.hpp"

#include <gtest/gtest.h>

#include "tests/gateway/fake_session.hpp"
#include "tests/gateway/temporary_directory.hpp"

namespace tplink::gateway {
namespace {

using testing::FakeDevice;
using testing::FakeOpener;

struct House {
    testing::TemporaryDirectory folder;
    FakeDevice device;
    StateStore store{folder.path()};
    std::mutex mutex;
    std::condition_variable told;
    std::map<std::string, std::shared_ptr<const DeviceView>> views;
    std::vector<std::string> removed;
    std::vector<CommandResult> results;
    Registry registry{system_clock(), system_random(), store, [this] { return std::make_unique<FakeOpener>(device); }, [](const std::string&, std::uint16_t) { return false; }};

    House() {
        device.answers = testing::plug_answers();
        registry.listen({[this](const DeviceView& view, const DeviceView*) {
                             const std::lock_guard lock(mutex);
                             views[view.id] = std::make_shared<const DeviceView>(view);
                             told.notify_all();
                         },
                         [this](const DeviceView& view) {
                             const std::lock_guard lock(mutex);
                             removed.push_back(view.id);
                             told.notify_all();
                         },
                         [this](const CommandResult& result) {
                             const std::lock_guard lock(mutex);
                             results.push_back(result);
                             told.notify_all();
                         }});
    }
    ~House() { registry.stop(); }
    template <class F> bool wait(F condition) {
        std::unique_lock lock(mutex);
        return told.wait_for(lock, std::chrono::seconds(10), condition);
    }
    bool online(const std::string& id) {
        return wait([&] { return views.contains(id) && views[id]->online; });
    }
    static Config config(std::vector<std::string> hosts) {
        Config out;
        out.account = {"me@example.com", Secret("secret")};
        for (std::string& host : hosts) {
            DeviceConfig device;
            device.host = std::move(host);
            out.devices.push_back(std::move(device));
        }
        return out;
    }
    void make_strip() {
        const std::lock_guard lock(device.mutex);
        device.identity.components = {{"child_device", 1}};
        device.answers = json::parse(R"({"get_device_info":{"rssi":-50,"fw_ver":"1.0"},
            "get_child_device_component_list":{"child_component_list":[]},
            "get_child_device_list":{"child_device_list":[
                {"device_id":"child-0","position":1,"nickname":"T25l","device_on":true,"category":"plug.powerstrip.sub-plug"},
                {"device_id":"child-1","position":2,"nickname":"VHdv","device_on":false,"category":"plug.powerstrip.sub-plug"}],"sum":2}})").as_object();
    }
};

constexpr const char* kId = "a842a1001122";

TEST(Registry, ADeviceOfTheConfigurationComesAndGoesWithIt) {
    House house;
    house.registry.configure(House::config({"127.0.0.1"}));
    ASSERT_TRUE(house.online(kId));
    ASSERT_NE(house.registry.view(kId), nullptr);
    EXPECT_EQ(house.registry.access(kId)->config.host, "127.0.0.1");
    Config without = House::config({});
    without.discovery.adopt = false;  // else it stays as one that discovery knows
    house.registry.configure(without);
    ASSERT_TRUE(house.wait([&] { return !house.removed.empty(); }));
    EXPECT_EQ(house.removed, std::vector<std::string>{kId});
    EXPECT_EQ(house.registry.view(kId), nullptr);
}

TEST(Registry, WhatDidNotChangeGoesOnUndisturbed) {
    House house;
    house.registry.configure(House::config({"127.0.0.1"}));
    ASSERT_TRUE(house.online(kId));
    house.registry.configure(House::config({"127.0.0.1"}));
    EXPECT_EQ(house.device.opened, 1);
    EXPECT_TRUE(house.removed.empty());
}

TEST(Registry, ACommandForNobodyIsAnswered) {
    House house;
    house.registry.command("a842a10000ff", {"state", "ON", json::value(3)});
    ASSERT_EQ(house.results.size(), 1U);
    EXPECT_EQ(house.results[0].code, "unknown_property");
    EXPECT_EQ(house.results[0].transaction, json::value(3));
    EXPECT_FALSE(house.registry.poll("a842a10000ff"));
    EXPECT_FALSE(house.registry.reconnect("a842a10000ff"));
    EXPECT_FALSE(house.registry.remove("a842a10000ff"));
}

TEST(Registry, OutletsAreFoundByTheirOwnIdsAndCommandedThroughTheirStrip) {
    House house;
    house.make_strip();
    house.registry.configure(House::config({"127.0.0.1"}));
    const std::string one = std::string(kId) + "_1", two = std::string(kId) + "_2";
    ASSERT_TRUE(house.online(one));
    ASSERT_TRUE(house.online(two));
    const auto view = house.registry.view(two);
    EXPECT_EQ(view->via, kId);
    EXPECT_EQ(view->name, "Two");
    EXPECT_EQ(view->state.at("state"), json::value("OFF"));
    EXPECT_EQ(house.registry.views().size(), 3U);
    EXPECT_TRUE(house.registry.document(two).contains("get_device_info"));
    EXPECT_FALSE(house.registry.remove(two)) << "an outlet cannot be removed alone";
    house.registry.command(two, {"state", "ON", nullptr});
    ASSERT_TRUE(house.wait([&] { return !house.results.empty(); }));
    EXPECT_EQ(house.results[0].id, two);
    const std::lock_guard lock(house.device.mutex);
    ASSERT_EQ(house.device.calls.size(), 1U);
    EXPECT_EQ(house.device.calls[0].child, "child-1");
}

TEST(Registry, AnOutletThatIsGoneIsTakenOut) {
    House house;
    house.make_strip();
    house.registry.configure(House::config({"127.0.0.1"}));
    const std::string two = std::string(kId) + "_2";
    ASSERT_TRUE(house.online(two));
    {
        const std::lock_guard lock(house.device.mutex);
        house.device.answers["get_child_device_list"].at("child_device_list").as_array().pop_back();
    }
    for (int i = 0; i < 4; ++i) {
        int polls = 0;
        {
            const std::lock_guard lock(house.device.mutex);
            polls = house.device.polls;
        }
        house.registry.poll(kId);
        ASSERT_TRUE(house.device.wait([&] { return house.device.polls > polls; }));
    }
    ASSERT_TRUE(house.wait([&] { return !house.removed.empty(); }));
    EXPECT_EQ(house.removed, std::vector<std::string>{two});
    EXPECT_EQ(house.registry.view(two), nullptr);
}

TEST(Registry, AnOutletTakesANameOfItsOwnAndNothingElse) {
    House house;
    house.make_strip();
    house.registry.configure(House::config({"127.0.0.1"}));
    const std::string one = std::string(kId) + "_1";
    ASSERT_TRUE(house.online(one));
    EXPECT_FALSE(house.registry.change(one, json::object{{"poll_s", 3}}));
    ASSERT_TRUE(house.registry.change(one, json::object{{"name", "Desk"}}));
    EXPECT_TRUE(house.wait([&] { return house.views[one]->name == "Desk"; }));
}

TEST(Registry, DiscoveryFollowsAMovedDeviceAndTakesInWhatItMay) {
    House house;
    Config config = House::config({});
    house.registry.configure(config);
    FoundDevice found{kId, "127.0.0.1", "P110", "SMART.TAPOPLUG", "klap2", "1.0", 80, Family::tapo_plug, true};
    house.registry.discovered({found}, false);
    EXPECT_EQ(house.registry.candidates().size(), 1U);
    EXPECT_EQ(house.registry.view(kId), nullptr) << "listed, not taken in";
    house.registry.discovered({found}, true);
    EXPECT_TRUE(house.online(kId));
    EXPECT_TRUE(house.registry.candidates().empty());
    EXPECT_TRUE(house.registry.remove(kId));
    house.registry.discovered({found}, true);
    EXPECT_EQ(house.registry.view(kId), nullptr) << "removed by the user: not taken in again";
}

TEST(Registry, ManyThreadsMayAskWhileItChanges) {
    House house;
    house.registry.configure(House::config({"127.0.0.1"}));
    std::atomic<bool> over = false;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            do {  // once at least, however late the thread begins
                for (const auto& view : house.registry.views()) (void)house.registry.document(view->id);
                (void)house.registry.access(kId);
                house.registry.command(kId, {"state", "ON", nullptr});
            } while (!over);
        });
    for (int i = 0; i < 20; ++i) house.registry.configure(House::config(i % 2 == 0 ? std::vector<std::string>{} : std::vector<std::string>{"127.0.0.1"}));
    over = true;
    threads.clear();
    EXPECT_TRUE(house.wait([&] { return !house.results.empty(); }));
}

}  // namespace
}  // namespace tplink::gateway
