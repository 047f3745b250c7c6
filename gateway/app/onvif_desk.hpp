#pragma once
// Keeps the ONVIF responder in step with the cameras.

#include <map>
#include <memory>
#include <mutex>

#include "gateway/app/registry.hpp"
#include "gateway/app/result_desk.hpp"
#include "gateway/app/video.hpp"
#include "gateway/onvif/responder.hpp"

namespace tplink::gateway {

/// Thread-safe.
class OnvifDesk final : private onvif::Backend {
public:
    OnvifDesk(StateStore& store, Registry& registry, ResultDesk& desk, Video& video, std::function<void(const std::string&)> problem)
        : store_(store), registry_(registry), desk_(desk), video_(video), problem_(std::move(problem)) {}

    /// Starts, stops, or starts anew with other settings; every camera is offered again.
    void configure(const Config& config, const Credentials& rtsp_user);
    void set_device(const DeviceView& view);
    /// Tells what its detections say now, and that it no longer rings; that it rings is told by happened().
    void state_changed(const DeviceView& view, const DeviceView& before);
    void happened(const std::string& id, const std::string& kind, bool active);
    void remove_device(const std::string& id);
    void stop();
    /// "device_service" address of a camera for people to copy; 0: it is not offered.
    std::uint16_t port_of(const std::string& id) const;

private:
    Result<std::string> picture(const std::string& id) override;
    Result<void> set(const std::string& id, const std::string& property, const std::string& value) override;
    unsigned slot(const std::string& id);
    std::shared_ptr<onvif::Responder> responder() const;

    StateStore& store_;
    Registry& registry_;
    ResultDesk& desk_;
    Video& video_;
    const std::function<void(const std::string&)> problem_;
    mutable std::mutex mutex_;  ///< of all below
    std::shared_ptr<onvif::Responder> responder_;
    std::map<std::string, onvif::Camera> told_;
};

}  // namespace tplink::gateway
