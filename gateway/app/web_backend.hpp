#pragma once
// The gateway as the page and the API see it.

#include "gateway/app/bundle.hpp"
#include "gateway/app/parts.hpp"
#include "gateway/app/recording_desk.hpp"
#include "gateway/app/requests.hpp"
#include "gateway/app/video.hpp"
#include "gateway/web/backend.hpp"

namespace tplink::gateway {

class GatewayBackend final : public WebBackend {
public:
    explicit GatewayBackend(Parts parts) : parts_(std::move(parts)) {}

    json::array devices() override;
    std::optional<json::object> device(const std::string& id) override;
    WebResult<json::array> set(const std::string& id, const json::object& values) override;
    WebResult<Picture> snapshot(const std::string& id, const PictureRequest& request) override;
    WebResult<WhepAnswer> whep_open(const std::string& id, const std::string& stream, const std::string& offer) override;
    bool whep_close(const std::string& session) override;
    WebResult<void> whep_trickle(const std::string& session, const std::string& fragment) override;
    WebResult<LiveBody> live(const std::string& id, const LiveRequest& request) override;
    WebResult<void> talk(const std::string& id, const std::string& sound, const std::string& content_type) override;
    WebResult<json::array> recordings(const std::string& id, const std::string& date) override;
    WebResult<json::array> recording_days(const std::string& id, const std::string& month) override;
    WebResult<RecordingFileInfo> recording(const std::string& id, const std::string& rid, bool early) override;
    WebResult<std::string> thumbnail(const std::string& id, const std::string& rid) override;
    Health health() override;
    std::string metrics() override { return metrics_text(parts_); }
    WebResult<json::object> discover(const json::object& body) override { return object_of("device/discover", body); }
    WebResult<json::object> add_device(const json::object& entry) override { return object_of("device/add", entry); }
    WebResult<json::object> change_device(const std::string& id, const json::object& changes) override;
    WebResult<json::object> remove_device(const std::string& id) override;
    WebResult<json::value> request(const std::string& what, const json::object& body) override;
    std::string diagnostics() override { return diagnostics_zip(parts_); }
    EventBus& events() override { return parts_.bus; }

private:
    /// Null: why there is no video of this device.
    std::optional<WebError> no_video_of(const std::string& id, const std::string& stream) const;
    WebResult<json::object> object_of(const std::string& what, const json::object& body);

    Parts parts_;
    RecordingDesk recordings_{parts_.registry};
};

}  // namespace tplink::gateway
