#pragma once
// A plug, switch or bulb on the network: its inside behind one of the HTTP ciphers.

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "tests/simulators/device.hpp"
#include "tests/simulators/smart/smart_plug.hpp"

namespace tplink::sim {

struct PlugOptions : DeviceOptions {
    PlugFacts plug; ///< address, mac and alias come from DeviceOptions
    /// Makes another inside than a SmartPlug of `plug`, e.g. an IotDevice; empty: that one.
    std::function<std::unique_ptr<InnerDevice>(const DeviceOptions&)> make_inner = {};
    bool factory_default = false;
    std::size_t max_sessions = 3; ///< the oldest session makes room
    std::chrono::seconds session_life{86400};
};

class Plug : public Device {
public:
    explicit Plug(PlugOptions options);

    Result<void> set_state(const boost::json::object& changes) override { return inner_->set_state(changes); }
    boost::json::object announcement(const std::string& rsa_key) const override;

protected:
    boost::json::object own_state() const override;
    /// "AES" or "KLAP" and what else mgt_encrypt_schm holds.
    virtual boost::json::object scheme() const = 0;
    /// Members beside mgt_encrypt_schm.
    virtual boost::json::object more_announcement() const { return {}; }
    virtual std::size_t session_count() const = 0;
    /// Runs the inner JSON text; sets reply.then when the device reboots.
    std::string run_inner(std::string_view text, HttpReply& reply);
    const PlugOptions& plug_options() const { return plug_options_; }

    const std::unique_ptr<InnerDevice> inner_;

private:
    PlugOptions plug_options_;
};

/// Value of a cookie in the Cookie header; empty when absent. A cookie with attributes is not understood, as
/// on devices.
std::string cookie(const HttpRequest& request, std::string_view name);

} // namespace tplink::sim
