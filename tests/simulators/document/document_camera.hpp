#pragma once
// A camera, doorbell or hub made of a document: every method of it answers, every set can be read back.

#include <map>
#include <memory>
#include <mutex>

#include "tests/simulators/camera_inside.hpp"
#include "tests/simulators/document/document_store.hpp"
#include "tests/simulators/event_log.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct DocumentTraits {
    std::string mac = {};   ///< replaces the recorded one; empty: kept
    std::string alias = {}; ///< the same
    std::string address = {};
    bool is_child = false; ///< behind a hub: no old-style requests
    std::int64_t clock_skew_s = 0;
    int siren_s = 30;
    bool shuffles_batches = false; ///< answers a batch in another order, as hubs do
    std::string breaks_batches =
        {};                     ///< a method that makes a batch come back short, as getAudioConfig on an H200
    bool strict_params = false; ///< empty params spoil the whole envelope (-40210)
};

class DocumentCamera final : public CameraInside {
public:
    /// children: device_id -> the document of that child.
    DocumentCamera(boost::json::object document, std::map<std::string, boost::json::object> children,
                   DocumentTraits traits, World world);

    boost::json::object answer(const boost::json::object& request) override;
    bool take_reboot() override;
    void power_cycle() override;
    bool privacy_on() override;
    boost::json::object state() override;
    /// alarm, event, rssi, battery_percent (hub: with "child": device_id), online (of a child), child_event.
    Result<void> set_state(const boost::json::object& changes) override;
    CameraIdentity identity() const override { return identity_; }
    boost::json::object hints() override;
    void set_media_port(std::uint16_t port) override;
    void set_event_hook(std::function<void(const CameraEvent&)> hook) override {
        event_hook_ = std::move(hook);
    }

private:
    using Reply = tl::expected<boost::json::object, int>;
    struct Action;
    Reply call(std::string_view method, const boost::json::value* params);
    Reply get(std::string_view method, const boost::json::object& params);
    Reply special(std::string_view method, const boost::json::object& params, bool& done);
    Reply act(const boost::json::object& modules);
    Reply run_action(std::string_view name, const boost::json::value& args, boost::json::value* status);
    Reply control_child(const boost::json::object& params);
    Reply child_list(const boost::json::object& params, std::string_view key, std::string_view method);
    Reply presets(std::string_view action, const boost::json::value& args);
    boost::json::object batch(const boost::json::object& request);
    boost::json::object* child_entry(std::string_view device_id);
    void refresh();
    void start_siren(bool on);

    const DocumentTraits traits_;
    const World world_;
    CameraIdentity identity_;
    std::function<void(const CameraEvent&)> event_hook_;
    std::mutex mutex_; // guards everything below
    DocumentStore store_;
    EventLog events_;
    std::map<std::string, std::unique_ptr<DocumentCamera>> children_; // set once
    std::map<std::string, int> actions_;                              ///< how often each action was asked
    std::chrono::milliseconds siren_until_{0};
    bool siren_ = false;
    bool reboot_ = false;
};

} // namespace tplink::sim
