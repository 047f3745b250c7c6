#pragma once
// A broker that keeps everything in a list.

#include <map>
#include <string>
#include <vector>

#include "gateway/mqtt/broker.hpp"

namespace tplink::gateway {

class FakeBroker final : public Broker {
public:
    void start(Handlers handlers) override { handlers_ = std::move(handlers); }
    void publish(Message message) override {
        if (message.retain && message.payload.empty()) retained.erase(message.topic);
        else if (message.retain) retained[message.topic] = message.payload;
        sent.push_back(std::move(message));
    }
    void publish_bulk(std::vector<Message> messages) override {
        for (Message& message : messages) publish(std::move(message));
    }
    void republish() override { ++republished; }
    void subscribe(Subscription subscription) override { subscriptions.push_back(std::move(subscription)); }
    void unsubscribe(const std::string& filter) override {
        std::erase_if(subscriptions, [&](const Subscription& s) { return s.filter == filter; });
    }
    BrokerStatus status() const override { return {}; }
    void stop(Message last) override { publish(std::move(last)); }

    void connect() { handlers_.connected(); }
    void receive(std::string topic, std::string payload, bool is_retained = false) {
        handlers_.message({std::move(topic), std::move(payload), is_retained});
    }

    /// Topics sent since the last call, in order; a cleared one ends in "=".
    std::vector<std::string> take_topics() {
        std::vector<std::string> out;
        for (const Message& message : sent) out.push_back(message.topic + (message.retain && message.payload.empty() ? "=" : ""));
        sent.clear();
        return out;
    }

    std::vector<Message> sent;
    std::map<std::string, std::string> retained;
    std::vector<Subscription> subscriptions;
    int republished = 0;

private:
    Handlers handlers_;
};

/// Randomness that always says the same byte.
class FixedRandom final : public RandomBytes {
public:
    explicit FixedRandom(std::uint8_t byte = 0) : byte_(byte) {}
    void fill(std::span<std::byte> out) override {
        for (auto& b : out) b = std::byte{byte_};
    }

private:
    std::uint8_t byte_;
};

}  // namespace tplink::gateway
