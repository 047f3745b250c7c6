// The real HTTP server and page over invented devices, for tests in a browser.
// Usage: fake_gateway [--port N] [--password P] [--cert F --key F]. Reads one JSON object a line on stdin (what shall happen),
// writes one a line on stdout (what happened). Ends at end of input.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <condition_variable>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "gateway/web/backend.hpp"
#include "gateway/web/event_bus.hpp"
#include "gateway/web/server.hpp"

namespace {

using namespace tplink::gateway;
using tplink::Secret;
namespace json = boost::json;

void say(const json::object& line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::cout << json::serialize(line) << std::endl;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

class FakeBackend : public WebBackend {
public:
    explicit FakeBackend(std::string jpeg) : jpeg_(std::move(jpeg)) {}

    json::array devices() override {
        const std::lock_guard lock(mutex_);
        json::array all;
        for (const auto& [id, device] : devices_) all.push_back(device);
        return all;
    }
    std::optional<json::object> device(const std::string& id) override {
        const std::lock_guard lock(mutex_);
        const auto found = devices_.find(id);
        return found == devices_.end() ? std::nullopt : std::optional(found->second);
    }

    WebResult<json::array> set(const std::string& id, const json::object& values) override {
        say({{"set", {{"id", id}, {"values", values}}}});
        json::array results;
        for (const auto& [property, value] : values) {
            std::unique_lock lock(mutex_);
            if (!devices_.contains(id)) return tl::unexpected(not_found("device", id));
            // Held commands wait until the test lets them go.
            changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !holding_ || stopping_; });
            const auto refused = refusals_.find(id + "/" + std::string(property));
            const std::string why = refused == refusals_.end() ? "" : refused->second;
            if (why.empty() && !value.is_null() && devices_[id]["state"].as_object().contains(property)) {
                devices_[id]["state"].as_object()[property] = value;
                bus_.publish("state", {{"id", id}, {"state", devices_[id]["state"]}});
            }
            results.push_back(json::object{{"property", property},
                                           {"value", value},
                                           {"status", why.empty() ? "ok" : "error"},
                                           {"code", why.empty() ? "ok" : "refused"},
                                           {"message", why}});
        }
        return results;
    }

    WebResult<Picture> snapshot(const std::string& id, const PictureRequest&) override {
        const std::lock_guard lock(mutex_);
        ++snapshots_;
        if (!devices_.contains(id)) return tl::unexpected(not_found("device", id));
        if (no_picture_.contains(id))
            return tl::unexpected(
                WebError{503, "unreachable", "There is no picture of this camera yet.", ""});
        return Picture{jpeg_, std::chrono::system_clock::now() - picture_age_};
    }

    /// Hands the offer to the test and waits for its answer.
    WebResult<WhepAnswer> whep_open(const std::string& id, const std::string& stream,
                                    const std::string& offer) override {
        std::unique_lock lock(mutex_);
        if (whep_error_) return tl::unexpected(*whep_error_);
        answer_.reset();
        say({{"offer", {{"id", id}, {"stream", stream}, {"sdp", offer}}}});
        if (!changed_.wait_for(lock, std::chrono::seconds(10),
                               [this] { return answer_.has_value() || stopping_; })) {
            return tl::unexpected(WebError{504, "timeout", "The camera did not answer in time.", ""});
        }
        if (!answer_) return tl::unexpected(WebError{503, "cancelled", "The gateway is stopping.", ""});
        const std::string session = "session" + std::to_string(++sessions_);
        open_.insert(session);
        return WhepAnswer{session, *answer_};
    }
    bool whep_close(const std::string& session) override {
        const std::lock_guard lock(mutex_);
        say({{"closed", session}});
        return open_.erase(session) > 0;
    }

    Health health() override {
        const std::lock_guard lock(mutex_);
        return {health_ok_,
                {{"ok", health_ok_},
                 {"version", "0.1.0"},
                 {"uptime_s", 93784},
                 {"parts",
                  {{{"name", "MQTT"},
                    {"ok", health_ok_},
                    {"message",
                     health_ok_ ? "connected to core-mosquitto:1883" : "the broker refuses the connection"}},
                   {{"name", "RTSP"}, {"ok", true}, {"message", "listening on port 8654, 2 viewers"}},
                   {{"name", "WebRTC"}, {"ok", true}, {"message", "ports 8660 to 8759"}}}}}};
    }
    std::string metrics() override { return "up 1\n"; }
    WebResult<json::object> discover(const json::object&) override {
        const std::lock_guard lock(mutex_);
        return json::object{{"devices", found_}};
    }
    WebResult<json::object> add_device(const json::object& entry) override {
        say({{"added", entry}});
        const auto* host = entry.if_contains("host");
        if (host != nullptr && *host == "192.0.2.99") {
            return tl::unexpected(WebError{400, "unreachable", "192.0.2.99 does not answer.",
                                           "Check the address and that the device has power."});
        }
        return json::object{{"id", "new"}};
    }
    WebResult<json::object> change_device(const std::string& id, const json::object& changes) override {
        say({{"changed", {{"id", id}, {"changes", changes}}}});
        return json::object{{"id", id}};
    }
    WebResult<json::object> remove_device(const std::string& id) override {
        remove(id);
        return json::object{{"status", "ok"}};
    }
    WebResult<json::value> request(const std::string& what, const json::object& body) override {
        say({{"request", what}, {"body", body}});
        const std::lock_guard lock(mutex_);
        if (what == "device/test") return tried(body);
        const auto answer = answers_.find(what);
        if (answer == answers_.end()) return json::object{{"settings", json::object{}}, {"addresses", json::array{}}, {"exchanges", json::array{}}};
        return answer->second;
    }
    std::string diagnostics() override { return "PK"; }
    EventBus& events() override { return bus_; }
    void stopping() override {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }

    /// One line of stdin.
    void obey(const json::object& line) {
        const std::unique_lock lock(mutex_);
        for (const auto& [word, value] : line) obey(word, value);
        changed_.notify_all();
    }

private:
    /// 192.0.2.99 is not there; every other address lets everybody in.
    json::object tried(const json::object& body) {
        const bool good = body.at("host") != "192.0.2.99";
        json::array steps;
        for (const char* text : {"It announces itself: C200", good ? "Password accepted" : "192.0.2.99 does not answer."}) {
            steps.push_back(json::object{{"text", text}, {"ok", good || steps.empty()}});
            bus_.publish("probe", {{"token", body.at("token")}, {"text", text}, {"ok", good || steps.size() == 1}});
        }
        return {{"ok", good}, {"steps", steps}, {"device", nullptr}, {"hint", good ? "" : "Check the address and that the device has power."}};
    }
    void obey(std::string_view word, const json::value& value) {
        const auto text = [](const json::value& v) { return std::string(v.as_string()); };
        if (word == "device") {
            devices_[text(value.at("id"))] = value.as_object();
            bus_.publish("device", value.as_object());
        } else if (word == "state") {
            json::object& device = devices_[text(value.at("id"))];
            for (const auto& [property, now] : value.at("values").as_object())
                device["state"].as_object()[property] = now;
            bus_.publish("state", {{"id", value.at("id")}, {"state", device["state"]}});
        } else if (word == "stream") {
            bus_.publish("stream", value.as_object());
        } else if (word == "remove") {
            devices_.erase(text(value));
            bus_.publish("removed", {{"id", value}});
        } else if (word == "detection") {
            bus_.publish("detection", value.as_object());
        } else if (word == "log") {
            bus_.publish("log", value.as_object());
        } else if (word == "refuse") {
            refusals_[text(value.at("id")) + "/" + text(value.at("property"))] = text(value.at("message"));
        } else if (word == "hold") {
            holding_ = value.as_bool();
        } else if (word == "found") {
            found_ = value.as_array();
        } else if (word == "answers") {
            for (const auto& [what, answer] : value.as_object()) answers_[std::string(what)] = answer;
        } else if (word == "healthy") {
            health_ok_ = value.as_bool();
        } else if (word == "no_picture") {
            no_picture_.insert(text(value));
        } else if (word == "picture_age_s") {
            picture_age_ = std::chrono::seconds(value.as_int64());
        } else if (word == "answer") {
            answer_ = text(value);
        } else if (word == "whep_error") {
            whep_error_.reset();
            if (value.is_object()) {
                whep_error_ = WebError{static_cast<int>(value.at("status").as_int64()), "refused",
                                       text(value.at("message")), text(value.at("hint"))};
            }
        } else if (word == "count") {
            say({{"snapshots", snapshots_}, {"event_readers", bus_.readers()}});
        }
    }

    void remove(const std::string& id) {
        const std::lock_guard lock(mutex_);
        devices_.erase(id);
        bus_.publish("removed", {{"id", id}});
    }

    const std::string jpeg_;
    EventBus bus_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, json::object> devices_;
    std::map<std::string, std::string> refusals_;
    std::map<std::string, json::value> answers_;
    std::set<std::string> no_picture_, open_;
    std::optional<std::string> answer_;
    std::optional<WebError> whep_error_;
    json::array found_;
    std::chrono::seconds picture_age_{0};
    bool holding_ = false, stopping_ = false, health_ok_ = true;
    int snapshots_ = 0, sessions_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    WebOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view name = argv[i], value = argv[i + 1];
        if (name == "--port") std::from_chars(value.data(), value.data() + value.size(), options.port);
        if (name == "--cert") options.ssl_cert = value;
        if (name == "--key") options.ssl_key = value;
        if (name == "--password") options.user = {"admin", Secret(std::string(value))};
    }
    FakeBackend backend(read_file(TEST_DATA_DIR "/browser/picture.jpg"));
    const auto server = WebServer::start(options, backend);
    if (!server) {
        std::cerr << server.error().what << '\n';
        return 1;
    }
    say({{"port", (*server)->port()}});
    for (std::string line; std::getline(std::cin, line);) {
        boost::system::error_code fault;
        const json::value value = json::parse(line, fault);
        if (!fault && value.is_object()) backend.obey(value.get_object());
    }
}
