#pragma once
// An actor on a fake device, and what it told.

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "gateway/device/actor.hpp"
#include "tests/gateway/fake_session.hpp"

namespace tplink::gateway {

using testing::FakeDevice;
using testing::FakeOpener;

class Recorder final : public DeviceSink {
public:
    void device_changed(std::shared_ptr<const DeviceView> view) override {
        const std::lock_guard lock(mutex);
        events.push_back("view " + std::string(view->online ? "online" : "offline") + " " + json::serialize(view->state));
        last = std::move(view);
        changed.notify_all();
    }
    void command_done(const CommandResult& result) override {
        const std::lock_guard lock(mutex);
        events.push_back("result " + result.property + " " + result.code);
        results.push_back(result);
        changed.notify_all();
    }
    void device_learned(const std::string& id) override {
        const std::lock_guard lock(mutex);
        learned = id;
    }
    template <class F> bool wait(F condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(10), condition);
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::string> events;
    std::vector<CommandResult> results;
    std::shared_ptr<const DeviceView> last;
    std::string learned;
};

struct Bench {
    FakeDevice device;
    Recorder sink;
    bool probe_answers = false;
    std::unique_ptr<DeviceActor> actor;

    explicit Bench(int poll_s = 1, Learned learned = {}) {
        device.answers = testing::plug_answers();
        DeviceConfig config;
        config.host = "127.0.0.1";
        config.poll = std::chrono::seconds(poll_s);
        actor = std::make_unique<DeviceActor>(config, Credentials{"u", Secret("p")}, std::move(learned),
                                              ActorDeps{system_clock(), system_random(), sink, [this] { return std::make_unique<FakeOpener>(device); },
                                                        [this](const std::string&, std::uint16_t) { return probe_answers; }, 20ms});
    }
    ~Bench() { actor.reset(); }
    bool online() {
        return sink.wait([&] { return sink.last && sink.last->online; });
    }
    CommandResult command(std::string property, json::value value) {
        const std::size_t before = sink.results.size();
        actor->post({std::move(property), std::move(value), json::value(7)});
        EXPECT_TRUE(sink.wait([&] { return sink.results.size() > before; }));
        return sink.results.back();
    }
};

}  // namespace tplink::gateway
