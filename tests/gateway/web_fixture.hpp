#pragma once
// A backend without devices behind it, for tests of the HTTP side.

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <mutex>

#include "gateway/web/backend.hpp"
#include "gateway/web/event_bus.hpp"

namespace tplink::gateway::testing {

/// Answers from values the test sets beforehand and remembers what it was asked.
class ScriptedBackend : public WebBackend {
public:
    boost::json::array devices() override { return {boost::json::object{{"id", "a1"}, {"name", "Hall"}}}; }
    std::optional<boost::json::object> device(const std::string& id) override {
        if (id != "a1") return std::nullopt;
        return boost::json::object{{"id", "a1"}, {"name", "Hall"}};
    }
    WebResult<boost::json::array> set(const std::string& id, const boost::json::object& values) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        boost::json::array results;
        for (const auto& [property, value] : values) {
            results.push_back(boost::json::object{
                {"property", property}, {"value", value}, {"status", "ok"}, {"code", "ok"}});
        }
        return results;
    }
    WebResult<Picture> snapshot(const std::string& id, const PictureRequest& request) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        std::unique_lock lock(mutex);
        last_picture_request = request;
        ++waiting_for_pictures;
        entered.notify_all();
        if (slow_pictures) released.wait_for(lock, std::chrono::seconds(20), [this] { return stopped; });
        return Picture{"\xff\xd8jpeg\xff\xd9",
                       std::chrono::system_clock::time_point(std::chrono::milliseconds(1767323045678))};
    }
    WebResult<WhepAnswer> whep_open(const std::string& id, const std::string& stream,
                                    const std::string& offer) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        if (offer.find("H264") == std::string::npos) {
            return tl::unexpected(
                to_web_error({Errc::unsupported, "The browser offers no codec the camera sends.", 0, {}}));
        }
        if (stream == "sub") return tl::unexpected(to_web_error({Errc::refused, "Privacy is on.", 0, {}}));
        return WhepAnswer{"s1", "v=0\r\nanswer"};
    }
    bool whep_close(const std::string& session) override { return session == "s1"; }
    WebResult<void> whep_trickle(const std::string& session, const std::string& fragment) override {
        if (session != "s1") return tl::unexpected(not_found("session", session));
        if (fragment.find("a=candidate") == std::string::npos) return tl::unexpected(to_web_error({Errc::malformed, "no candidate", 0, {}}));
        return {};
    }
    WebResult<LiveBody> live(const std::string& id, const LiveRequest& request) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        if (request.stream == "sub") return tl::unexpected(to_web_error({Errc::refused, "Privacy is on.", 0, {}}));
        auto left = std::make_shared<int>(3);
        return LiveBody{request.mjpeg ? "multipart/x-mixed-replace; boundary=picture" : "video/mp4; codecs=\"avc1.640028\"",
                        [left](std::chrono::milliseconds) -> Result<std::string> {
                            if ((*left)-- == 0) return tplink::fail(Errc::refused, "over");
                            return std::string("piece.");
                        }};
    }
    WebResult<RecordingFileInfo> recording(const std::string& id, const std::string& rid, bool early) override {
        if (id != "a1" || !early) return tl::unexpected(not_found("recording", rid));
        auto left = std::make_shared<int>(3);
        const auto next = [left, breaks = rid == "breaks"](std::chrono::milliseconds) -> Result<std::string> {
            if ((*left)-- > 0) return std::string("piece.");
            if (breaks) return tplink::fail(Errc::unreachable, "the camera is gone");
            return std::string();
        };
        return RecordingFileInfo{"", 0, nullptr, LiveBody{"video/mp4; codecs=\"avc1.640028\"", next}};
    }
    WebResult<boost::json::array> recording_days(const std::string& id, const std::string& month) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        return boost::json::array{month + "-03", month + "-18"};
    }
    WebResult<void> talk(const std::string& id, const std::string& sound, const std::string& content_type) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        const std::lock_guard lock(mutex);
        spoken = sound.size();
        if (content_type != "audio/wav") return tl::unexpected(to_web_error({Errc::malformed, "no WAV", 0, {}}));
        return {};
    }
    void stopping() override {
        const std::lock_guard lock(mutex);
        stopped = true;
        released.notify_all();
    }
    Health health() override { return {healthy, {{"ok", healthy.load()}}}; }
    std::string metrics() override { return "# TYPE up gauge\nup 1\n"; }
    WebResult<boost::json::object> discover(const boost::json::object&) override {
        return boost::json::object{{"devices", boost::json::array{}}};
    }
    WebResult<boost::json::object> add_device(const boost::json::object& entry) override {
        if (!entry.contains("host")) return tl::unexpected(bad_request("host is missing."));
        return entry;
    }
    WebResult<boost::json::object> change_device(const std::string& id,
                                                 const boost::json::object& changes) override {
        if (id == "throw") throw std::runtime_error("a bug");
        return changes;
    }
    WebResult<boost::json::object> remove_device(const std::string& id) override {
        if (id != "a1") return tl::unexpected(not_found("device", id));
        return boost::json::object{{"status", "ok"}};
    }
    WebResult<boost::json::value> request(const std::string& what, const boost::json::object& body) override {
        if (!body.contains("code")) return tl::unexpected(bad_request("code is missing."));
        return boost::json::object{{"what", what}};
    }
    std::string diagnostics() override { return "PK"; }
    EventBus& events() override { return bus; }

    EventBus bus;
    std::atomic<bool> healthy{true};
    std::mutex mutex;
    std::condition_variable entered, released;
    PictureRequest last_picture_request;
    int waiting_for_pictures = 0;
    std::size_t spoken = 0; ///< bytes of the last sound
    bool slow_pictures = false, stopped = false;
};

} // namespace tplink::gateway::testing
