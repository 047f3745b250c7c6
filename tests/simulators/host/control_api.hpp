#pragma once
// HTTP interface to the simulated devices of a host: look at their true state, press buttons, cause faults.
//   GET  /devices                  list
//   GET  /devices/<mac>/state      what is really so, and counters of what clients did
//   POST /devices/<mac>/state      somebody presses the button, an event happens
//   POST /devices/<mac>/faults     members of Faults, actions, and "media"
// <mac> in any spelling. Errors: 404, or 400 {"error":"sentence"}.

#include <cstdint>
#include <memory>
#include <vector>

namespace tplink::sim {

class HostedDevice;

class ControlApi {
public:
    /// Listens on 127.0.0.1 when it returns. `devices` outlive it.
    ControlApi(std::uint16_t port, const std::vector<std::unique_ptr<HostedDevice>>& devices);
    ~ControlApi();
    ControlApi(const ControlApi&) = delete;
    ControlApi& operator=(const ControlApi&) = delete;
    std::uint16_t port() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace tplink::sim
