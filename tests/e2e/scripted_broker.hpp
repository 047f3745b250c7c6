#pragma once
// A broker of a few lines for what mosquitto does not do: it accepts CONNECT in some versions only, and throws out.

#include <cstdint>
#include <thread>
#include <vector>

namespace tplink::e2e {

struct ScriptedBrokerOptions {
    std::vector<int> versions{5};         ///< protocol levels accepted: 5, 4 (3.1.1)
    std::uint8_t disconnect_reason = 0;   ///< sent right after CONNACK; 0: stays connected
};

class ScriptedBroker {
public:
    explicit ScriptedBroker(ScriptedBrokerOptions options);
    ~ScriptedBroker();
    ScriptedBroker(const ScriptedBroker&) = delete;
    ScriptedBroker& operator=(const ScriptedBroker&) = delete;
    std::uint16_t port() const { return port_; }

private:
    void run(const std::stop_token& stop);
    void serve(int fd, const std::stop_token& stop) const;

    ScriptedBrokerOptions options_;
    std::uint16_t port_ = 0;
    int listener_ = -1;
    std::jthread thread_;
};

}  // namespace tplink::e2e
