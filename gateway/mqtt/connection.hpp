#pragma once
// One connection to the broker, from CONNECT to its end. What the library underneath does stays behind it.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "gateway/mqtt/broker.hpp"
#include "gateway/mqtt/outbox.hpp"
#include "protocols/base/result.hpp"

namespace tplink::gateway {

/// Called on the library's threads, which must not be held up: implementations only copy and push.
class ConnectionEvents {
public:
    virtual ~ConnectionEvents() = default;
    virtual void on_message(Incoming message) = 0;
    virtual void on_done(Outbox::Ticket ticket, bool accepted) = 0;
    virtual void on_lost(std::string reason) = 0;
    virtual void on_note(std::string sentence) = 0;  ///< something a human should read
};

/// Used by one thread; publishing from several leaks tokens in Paho 1.2 (C++) over 1.3.12 (C).
class Connection {
public:
    enum class Handed { taken, busy, lost };
    virtual ~Connection() = default;
    virtual void subscribe(const Subscription& subscription) = 0;
    virtual void unsubscribe(const std::string& filter) = 0;
    /// taken: on_done() follows, unless the connection is lost first. busy: try again in a millisecond.
    virtual Handed publish(Outbox::Ticket ticket, const Message& message) = 0;
    virtual std::size_t packet_limit() const = 0;  ///< bytes; 0: none told
    virtual std::size_t receive_limit() const { return 0; }  ///< unacknowledged messages; 0: none told
    /// The broker drops the will. Waits at most `timeout`.
    virtual void disconnect(std::chrono::milliseconds timeout) = 0;
};

/// version: 5 or 4 (3.1.1). errors: auth_failed: user name or password; refused: TLS; unsupported: the broker does not
/// speak this version; unreachable, timeout, cancelled.
using Connect = std::function<Result<std::unique_ptr<Connection>>(const MqttOptions& options, int version,
                                                                  ConnectionEvents& events, const std::stop_token& stop)>;

Result<std::unique_ptr<Connection>> connect_paho(const MqttOptions& options, int version, ConnectionEvents& events,
                                                 const std::stop_token& stop);

}  // namespace tplink::gateway
