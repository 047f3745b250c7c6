#pragma once
// Stays connected to the broker and moves messages both ways, on one thread.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/mqtt/connection.hpp"
#include "gateway/mqtt/outbox.hpp"

namespace tplink::gateway {

class MqttSession final : public Broker, private ConnectionEvents {
public:
    MqttSession(MqttOptions options, Connect connect, const Clock& clock, RandomBytes& random, OutboxLimits limits = {});
    ~MqttSession() override;

    void start(Handlers handlers) override;
    void publish(Message message) override;
    void publish_bulk(std::vector<Message> messages) override;
    void republish() override;
    void subscribe(Subscription subscription) override;
    void unsubscribe(const std::string& filter) override;
    BrokerStatus status() const override;
    void stop(Message last) override;

private:
    struct Operation {  ///< a change of subscriptions while connected
        bool add;
        Subscription subscription;
    };
    struct Work {  ///< what one turn of the thread has to do
        std::vector<Operation> operations;
        std::deque<Incoming> inbound;
        std::vector<std::string> notes;
        std::optional<Outbox::Sending> sending;
    };
    using Lock = std::unique_lock<std::mutex>;

    void on_message(Incoming message) override;
    void on_done(Outbox::Ticket ticket, bool accepted) override;
    void on_lost(std::string reason) override;
    void on_note(std::string sentence) override;

    void run(const std::stop_token& stop);
    bool locate();
    std::unique_ptr<Connection> try_connect(const std::stop_token& stop);
    void note_failure(const Error& error);
    void say(int level, const std::string& line) const;  // spdlog's level
    void begin(Connection& connection);
    void serve(Connection& connection, const std::stop_token& stop);
    std::optional<Work> next_work(Lock& lock, const std::stop_token& stop);
    void hand_over(Connection& connection, const Outbox::Sending& sending);
    void end();
    void say_goodbye(Connection& connection);
    void pause(const std::stop_token& stop);
    void wake();

    MqttOptions options_;  ///< address and login are changed by the thread only, by locate()
    const Connect connect_;
    const Clock& clock_;
    RandomBytes& random_;
    Handlers handlers_;

    mutable std::mutex mutex_;  ///< of all below; neither the library nor a handler is called while it is held
    std::condition_variable_any changed_;
    Outbox outbox_;
    std::vector<Subscription> subscriptions_;
    std::vector<Operation> operations_;
    std::deque<Incoming> inbound_;
    std::size_t inbound_bytes_ = 0;
    std::vector<std::string> notes_;
    std::optional<std::string> lost_;
    BrokerStatus status_;
    std::optional<Message> last_;
    bool woken_ = false;
    bool leaving_ = false;  ///< say_goodbye() waits for acknowledges

    // only the thread's
    int version_;
    bool was_connected_ = false;
    SteadyTime refused_at_{};
    bool slow_ = false;  ///< the password was refused: locks and logs fill up by hasty attempts
    int short_lives_ = 0;
    std::chrono::milliseconds backoff_;
    std::jthread thread_;
};

}  // namespace tplink::gateway
