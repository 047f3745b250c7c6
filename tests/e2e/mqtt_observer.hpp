#pragma once
// Watches a broker with mosquitto_sub, a client that shares no code with ours, and speaks with mosquitto_pub.

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "tests/e2e/mosquitto_fixture.hpp"

namespace tplink::e2e {

struct Seen {
    std::string topic, payload;
    bool retain = false;
    int qos = 0;
};

class Observer {
public:
    /// Subscribes to everything; retain flags as published.
    explicit Observer(const Mosquitto& broker, std::string username = {}, std::string password = {});
    ~Observer();
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    /// Everything seen so far, in order.
    const std::vector<Seen>& messages();
    /// The last payload on a topic; nothing when never seen.
    std::optional<std::string> last(const std::string& topic);
    /// True as soon as `condition` holds; false after `limit`.
    bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit = std::chrono::seconds(10));
    bool wait_for(const std::string& topic, const std::string& payload,
                  std::chrono::milliseconds limit = std::chrono::seconds(10));

    void publish(const std::string& topic, const std::string& payload, bool retain = false);
    /// Retained messages the broker holds now.
    std::map<std::string, std::string> retained(const std::string& filter = "#");

    std::filesystem::path capture() const { return capture_; }  ///< as the discovery linter reads it

private:
    void read_more();
    std::vector<std::string> command(const char* program) const;

    const Mosquitto& broker_;
    std::string username_, password_;
    std::filesystem::path capture_;
    pid_t pid_ = -1;
    std::streamoff position_ = 0;
    std::string partial_;
    std::vector<Seen> messages_;
};

}  // namespace tplink::e2e
