#pragma once
// What is to be sent: last values of retained topics, a bounded queue of the rest, and what waits for its acknowledge.
// Pure bookkeeping; no thread, no network.

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/mqtt/broker.hpp"
#include "gateway/mqtt/packed_text.hpp"

namespace tplink::gateway {

struct OutboxLimits {
    std::size_t queued_messages = 1000;       ///< not retained ones
    std::size_t queued_bytes = 4u << 20;
    std::size_t image_bytes = 16u << 20;      ///< last values of rank image, all together
    std::size_t sent_image_bytes = 2u << 20;  ///< likewise, as soon as the broker has one: more are not kept to repeat them
    /// Sent, not acknowledged. Paho keeps what exceeds the broker's receive maximum (mosquitto: 20) and looks at it
    /// again after a second only.
    std::size_t in_flight = 16;
    std::size_t pace_burst = 250;             ///< repeated messages at once ...
    std::size_t pace_per_s = 200;             ///< ... and then: subscribers behind a broker drop beyond 1000 queued
    std::chrono::seconds patience{60};        ///< an event older than that would be a lie
};

class Outbox {
public:
    using Ticket = std::uint64_t;
    struct Sending {
        Ticket ticket;
        std::shared_ptr<const Message> message;
    };

    explicit Outbox(OutboxLimits limits = {}) : limits_(limits) {}

    void publish(Message message, SteadyTime now);
    void publish_bulk(std::vector<Message> messages, SteadyTime now);
    /// Queues all retained values by rank.
    void republish(SteadyTime now);

    /// packet_limit: largest packet the broker takes; receive_limit: unacknowledged messages it takes; 0 for no limit.
    void connected(SteadyTime now, std::size_t packet_limit, std::size_t receive_limit = 0);
    /// Unacknowledged events are queued again; retained values come back by connected().
    void disconnected();

    /// The next message to send now. Live messages overtake paced ones.
    std::optional<Sending> next(SteadyTime now);
    /// When next() will have something that it holds back for pacing; nothing when there is nothing.
    std::optional<SteadyTime> paced_until(SteadyTime now) const;

    /// The broker has it, or refused it for good.
    void done(Ticket ticket, bool accepted);
    /// It could not even be handed over: goes to the front again.
    void put_back(Ticket ticket);

    /// The message queued last, and whether it still waits for its turn or its acknowledge.
    std::shared_ptr<const Message> newest_live() const;
    bool waits(const std::shared_ptr<const Message>& message) const;

    /// Messages waiting or unacknowledged.
    std::size_t queued() const { return live_.size() + paced_.size() + in_flight_.size(); }
    std::size_t in_flight() const { return in_flight_.size(); }
    std::uint64_t published() const { return published_; }
    std::uint64_t dropped() const { return dropped_; }

private:
    struct Value {  ///< of a retained topic
        std::shared_ptr<const Message> message;  ///< without its payload when that is packed
        PackedText packed{};                     ///< payload of a long message that the broker has
        std::uint64_t order = 0;  ///< of first appearance
        bool live = false, paced = false;  ///< waiting in that queue
    };
    struct Item {
        std::shared_ptr<const Message> message;  ///< retained: only the topic counts, the value is looked up
        SteadyTime since{};
    };

    static void pack(Value& value);
    static std::shared_ptr<const Message> whole(const Value& value);
    Value& remember(std::shared_ptr<const Message> message);
    void forget(const std::string& topic);
    void keep_images_small(const std::string& newest);
    void keep_queue_small();
    void count_in(const Message& message);
    void count_out(const Message& message);
    bool too_big(const Message& message) const;
    std::optional<Sending> take_live();
    std::optional<Sending> take_paced(SteadyTime now);
    Sending send(Item item);
    double tokens_at(SteadyTime now) const;

    std::size_t in_flight_limit() const;

    OutboxLimits limits_;
    std::unordered_map<std::string, Value> values_;
    std::deque<Item> live_;
    std::deque<std::string> paced_;
    std::map<Ticket, Item> in_flight_;
    std::size_t queued_messages_ = 0, queued_bytes_ = 0, image_bytes_ = 0, packet_limit_ = 0, receive_limit_ = 0;
    std::uint64_t next_order_ = 0, published_ = 0, dropped_ = 0;
    Ticket next_ticket_ = 1;
    double tokens_ = 0;
    SteadyTime tokens_time_{};
};

}  // namespace tplink::gateway
