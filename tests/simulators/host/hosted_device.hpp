#pragma once
// One simulated device of a host program: the control side and, for cameras, the video port beside it.

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::sim {

class Camera;
class ClipLibrary;
class Device;
class MediaServer;
class Reactor;
class TlsIdentity;

/// What devices of one host share.
struct HostShares {
    std::shared_ptr<const TlsIdentity> identity;
    std::shared_ptr<ClipLibrary> clips;
    std::shared_ptr<Reactor> reactor; ///< one thread waits for all devices
};
HostShares make_shares();

class Cloud;
class KasaCamera;
class KasaStream;

class HostedDevice {
public:
    explicit HostedDevice(std::unique_ptr<Device> device);
    ~HostedDevice();
    HostedDevice(const HostedDevice&) = delete;
    HostedDevice& operator=(const HostedDevice&) = delete;

    /// Control side and video port listen when it returns. Throws std::system_error.
    void start();

    /// {kind, address, mac, alias, model, port, discovery_port}, and where there are such: media_port,
    /// udp_port, talk_port, url and ca_pem (a cloud)
    boost::json::object summary() const;
    boost::json::object state() const;
    Result<void> set_state(const boost::json::object& changes);
    /// All that was spoken through its speaker so far: A-law at 8 kHz; empty for one without.
    Buffer speech() const;
    /// Faults of the control port; member "media" holds those of the video port.
    Result<void> set_faults(const boost::json::object& changes);
    /// Lower-case hex without separators.
    std::string id() const;

    Device& device() { return *device_; }

private:
    boost::json::array recordings() const;
    Result<void> set_media_faults(const boost::json::value& changes);
    friend Result<std::unique_ptr<HostedDevice>> build_device(const boost::json::object&,
                                                              const boost::json::object&, const HostShares&);
    std::unique_ptr<Device> device_;
    Camera* camera_ = nullptr;                                 // the same device, when it is one
    std::function<std::unique_ptr<MediaServer>()> make_media_; // empty: no video port
    std::unique_ptr<MediaServer> media_;
    std::function<std::unique_ptr<KasaStream>()> make_kasa_stream_; // empty: no Kasa video port
    std::unique_ptr<KasaStream> kasa_stream_;
};

/// entry: one element of "devices". defaults: the document around it (discovery_port, username, password).
/// refused: a sentence naming the member that is wrong.
Result<std::unique_ptr<HostedDevice>>
build_device(const boost::json::object& entry, const boost::json::object& defaults, const HostShares& shares);

/// All devices of a configuration; an entry with "repeat": N stands for N devices with rising address, MAC
/// and number.
Result<std::vector<std::unique_ptr<HostedDevice>>> build_devices(const boost::json::object& config,
                                                                 const HostShares& shares);

/// The built-in set, one of each kind that the gateway takes; see demo_config.cpp.
/// net: first three numbers, "127.0.0".
boost::json::object demo_config(const std::string& net);

} // namespace tplink::sim
