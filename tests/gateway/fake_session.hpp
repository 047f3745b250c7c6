#pragma once
// A device that answers from a document, for actors without sockets.

#include <boost/json/parse.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "gateway/device/opener.hpp"

namespace tplink::gateway::testing {

/// Shared between the test and the sessions an actor opens. Thread-safe.
struct FakeDevice {
    std::mutex mutex;
    std::condition_variable changed;
    Identity identity{.mac = "a842a1001122", .model = "P110", .name = "Lamp", .hardware = "1.0", .firmware = "1.3.0", .device_id = "id",
                      .device_type = "SMART.TAPOPLUG", .components = {{"led", 1}, {"auto_off", 1}, {"energy_monitoring", 2}}};
    Family family = Family::tapo_plug;
    json::object answers;                 ///< method -> result
    std::map<std::string, Error> errors;  ///< method -> error instead
    std::optional<Error> open_error, exchange_error;
    int opened = 0, closed = 0, polls = 0;
    int child_contacts = 0;               ///< queries and calls for something that hangs on it
    bool ignore_writes = false;
    int lose_requests = 0, lose_answers = 0;  ///< of calls: the next so many do not arrive, or do and nobody hears
    std::vector<Request> calls;
    std::set<std::string> asked;  ///< methods of queries

    template <class F> bool wait(F condition) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, std::chrono::seconds(10), condition);
    }
};

class FakeSession final : public Session {
public:
    explicit FakeSession(FakeDevice& device) : device_(device) {}
    ~FakeSession() override {
        const std::lock_guard lock(device_.mutex);
        ++device_.closed;
        device_.changed.notify_all();
    }
    Result<Identity> identify() override {
        const std::lock_guard lock(device_.mutex);
        if (device_.exchange_error) return tl::unexpected(*device_.exchange_error);
        return device_.identity;
    }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override {
        const std::lock_guard lock(device_.mutex);
        ++device_.polls;
        if (!requests.empty() && !requests.front().child.empty()) ++device_.child_contacts;
        device_.changed.notify_all();
        if (device_.exchange_error) return tl::unexpected(*device_.exchange_error);
        std::vector<Answer> answers;
        for (const Request& request : requests) {
            device_.asked.insert(request.method);
            const json::value* result = device_.answers.if_contains(request.method);
            if (const auto at = device_.errors.find(request.method); at != device_.errors.end())
                answers.push_back({request.method, tl::unexpected(at->second)});
            else if (result == nullptr) answers.push_back({request.method, fail(Errc::unsupported, "unknown method")});
            else answers.push_back({request.method, *result});
        }
        return answers;
    }
    Result<json::value> call(const Request& request) override {
        const std::lock_guard lock(device_.mutex);
        device_.calls.push_back(request);
        if (!request.child.empty()) ++device_.child_contacts;
        device_.changed.notify_all();
        if (device_.exchange_error) return tl::unexpected(*device_.exchange_error);
        if (const auto at = device_.errors.find(request.method); at != device_.errors.end()) return tl::unexpected(at->second);
        if (device_.lose_requests > 0 && device_.lose_requests-- > 0) return fail(Errc::timeout, "no answer");
        if (!device_.ignore_writes && request.method == "set_device_info")
            for (const auto& [key, value] : request.params.as_object()) device_.answers["get_device_info"].as_object()[key] = value;
        if (!device_.ignore_writes && request.method == "set_led_info") device_.answers["get_led_info"] = request.params;
        if (!device_.ignore_writes && request.method == "set_auto_off_config") device_.answers["get_auto_off_config"] = request.params;
        if (device_.lose_answers > 0 && device_.lose_answers-- > 0) return fail(Errc::timeout, "no answer");
        return json::value(json::object());
    }
    std::string_view transport() const override { return "fake"; }
    void cancel() override {}

private:
    FakeDevice& device_;
};

class FakeOpener final : public Opener {
public:
    explicit FakeOpener(FakeDevice& device) : device_(device) {}
    Result<Opened> open(const OpenRequest& request) override {
        const std::lock_guard lock(device_.mutex);
        ++device_.opened;
        device_.changed.notify_all();
        if (device_.open_error) return tl::unexpected(*device_.open_error);
        Opened opened{std::make_unique<FakeSession>(device_), request.learned};
        opened.learned.family = device_.family;
        opened.learned.transport = "fake";
        return opened;
    }
    void cancel() override {}

private:
    FakeDevice& device_;
};

inline json::object plug_answers() {
    return json::parse(R"({
      "get_device_info":{"device_on":true,"on_time":100,"rssi":-50,"fw_ver":"1.3.0","overheat_status":"normal"},
      "get_energy_usage":{"today_energy":1250,"month_energy":30500,"current_power":12340},
      "get_led_info":{"led_rule":"always","led_status":true,"night_mode":{"start_time":1}},
      "get_auto_off_config":{"enable":false,"delay_min":120}})").as_object();
}

}  // namespace tplink::gateway::testing
