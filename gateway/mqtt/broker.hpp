#pragma once
// The door to the MQTT broker. Logic above it runs in tests against a fake; the real one is make_paho_broker().

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <spdlog/fwd.h>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway {

/// Where a retained message stands when everything is published again; lower goes first.
/// `online` comes after the states, so that Home Assistant never shows a device as available with nothing known of it.
enum class Rank : std::uint8_t { bridge_discovery, discovery, availability, state, info, online, image };

struct Message {
    std::string topic;
    std::string payload;  ///< any bytes; empty and retained: the broker forgets the topic
    bool retain = false;
    int qos = 1;
    Rank rank = Rank::state;  ///< images are the first to go when memory is short, availability never goes
    bool log = false;         ///< not retained: dropped before events and results when the queue is full
    bool operator==(const Message&) const = default;
};

struct Incoming {
    std::string topic;
    std::string payload;
    bool retained = false;  ///< an old message the broker kept, not one sent now
};

struct Subscription {
    std::string filter;
    int qos = 1;
    bool live_only = true;  ///< do not send what was retained (MQTT 5; with 3.1.1 look at Incoming::retained)
};

struct BrokerStatus {
    bool connected = false;
    int mqtt_version = 0;            ///< 5, or 4 for MQTT 3.1.1; 0 before the first connect
    std::uint64_t reconnects = 0;    ///< successful connects after the first
    std::uint64_t published = 0;     ///< messages the broker accepted
    std::uint64_t received = 0;
    std::uint64_t dropped = 0;       ///< given up: queue full, too old, or larger than the broker takes
    std::size_t queued = 0;          ///< waiting to be sent or acknowledged
    std::string last_error;          ///< one sentence while not connected; empty when connected
    bool refused = false;            ///< last_error is about user name, password or certificate: a human must act
};

class Broker {
public:
    /// Called on the broker's thread, never while a lock is held; must not block.
    struct Handlers {
        std::function<void()> connected;                       ///< subscriptions are sent, nothing published yet
        std::function<void(const std::string& reason)> lost;   ///< one sentence
        std::function<void(Incoming)> message;
    };
    virtual ~Broker() = default;

    /// Connects and stays connected, for ever; returns at once, also when the broker is down.
    virtual void start(Handlers handlers) = 0;

    /// From any thread, never blocks. Retained: becomes the topic's last value, published again on every connect.
    /// Not retained: sent when connected; kept for a minute at most while not.
    virtual void publish(Message message) = 0;

    /// Many retained messages in the order given, paced so that slow subscribers keep up.
    virtual void publish_bulk(std::vector<Message> messages) = 0;

    /// All retained messages again by rank, paced.
    virtual void republish() = 0;

    /// Remembered and repeated on every connect.
    virtual void subscribe(Subscription subscription) = 0;
    virtual void unsubscribe(const std::string& filter) = 0;

    virtual BrokerStatus status() const = 0;

    /// Publishes `last` after what is queued, disconnects so that the will is not sent, ends the thread. Under 2 s.
    virtual void stop(Message last) = 0;
};

/// Where the broker is and who we are there, as somebody else knows it.
struct BrokerAddress {
    std::string host;
    std::uint16_t port = 1883;
    Credentials login;
    bool tls = false;
};

struct MqttOptions {
    /// Asked on the broker's thread while `host` is empty, and again after a refused login: the password changes when
    /// the broker is installed anew. Null: host and login are ours. errors: one sentence; it is asked again.
    std::function<Result<BrokerAddress>()> locate{};
    std::string host;
    std::uint16_t port = 1883;
    Credentials login;        ///< empty username: none
    bool tls = false;
    std::string ca_file;      ///< PEM; empty: the system's
    std::string client_cert;  ///< PEM
    std::string client_key;   ///< PEM
    std::string client_id;    ///< stable; two clients with one id throw each other out
    Message will;
    std::chrono::seconds keep_alive{4};  ///< /healthz must tell within 5 s of losing even a frozen broker
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds backoff_min{1000};
    std::chrono::milliseconds backoff_max{5000};       ///< a broker that comes back is used within 10 s
    std::chrono::milliseconds refused_backoff{60000};  ///< wrong password: slow, a human has to change it
    std::chrono::milliseconds fight_backoff{30000};    ///< lost right after connecting, several times in a row
    bool try_version_5 = true;                         ///< else 3.1.1 at once
    std::shared_ptr<spdlog::logger> logger{};          ///< null: silent
};

/// MQTT 5, or 3.1.1 when the broker refuses 5. One thread of its own does all publishing.
std::unique_ptr<Broker> make_paho_broker(MqttOptions options, const Clock& clock = system_clock(),
                                         RandomBytes& random = system_random());

}  // namespace tplink::gateway
