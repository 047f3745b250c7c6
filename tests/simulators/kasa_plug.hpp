#pragma once
// A Kasa device of the first generation: IOT dialect under XOR on TCP and UDP 9999, no login.

#include "tests/simulators/device.hpp"
#include "tests/simulators/iot/iot_device.hpp"

namespace tplink::sim {

struct KasaPlugOptions : DeviceOptions {
    IotFacts iot;                                 ///< address, mac and alias come from DeviceOptions
    std::optional<std::uint16_t> udp_port = 9999; ///< none: TCP only; 0: any
    std::size_t max_connections = 4;              ///< a further one is reset
};

class KasaPlug final : public Device {
public:
    explicit KasaPlug(KasaPlugOptions options);
    ~KasaPlug() override { stop(); }

    std::string_view kind() const override { return "kasa_plug_xor"; }
    Result<void> set_state(const boost::json::object& changes) override { return inner_.set_state(changes); }
    void expire_sessions() override {} // there are none
    boost::json::object announcement(const std::string&) const override { return {}; }
    /// 0: none, or not started.
    std::uint16_t udp_port() const;

protected:
    boost::json::object own_state() const override;
    void forget_everything() override {}
    std::unique_ptr<Port> make_control_port(std::function<void()> on_revived) override;
    std::vector<std::unique_ptr<Port>> make_side_ports() override;

private:
    std::optional<Buffer> answer_datagram(Bytes datagram);

    const KasaPlugOptions kasa_options_;
    mutable IotDevice inner_;
};

} // namespace tplink::sim
