#include "gateway/mqtt/publisher.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <type_traits>

#include "gateway/mqtt/json_text.hpp"
#include "gateway/mqtt/lifecycle.hpp"

namespace tplink::gateway {
namespace {

Message passing(std::string topic, std::string payload, int qos) {
    return {std::move(topic), std::move(payload), false, qos, Rank::state, false};
}

Message picture(std::string topic, std::string jpeg) {
    return {std::move(topic), std::move(jpeg), true, 0, Rank::image, false};
}

}  // namespace

class Publisher::Impl {
public:
    Impl(PublisherOptions options, Broker& broker, std::unique_ptr<Broker> owned, CommandHandlers handlers, const Clock& clock,
         RandomBytes& random)
        : options_(std::move(options)), owned_(std::move(owned)), broker_(broker), handlers_(std::move(handlers)), clock_(clock),
          random_(random), lifecycle_(options_, broker, random) {}
    ~Impl() { stop(); }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void start() {
        for (auto& subscription : options_.topics.leftover_subscriptions()) broker_.subscribe(std::move(subscription));
        for (auto& subscription : options_.topics.subscriptions()) broker_.subscribe(std::move(subscription));
        if (options_.raw) broker_.subscribe(options_.topics.raw_subscription());
        timer_ = std::jthread([this](const std::stop_token& stop) { run_timer(stop); });
        broker_.start({.connected = [this] { with([&](Lifecycle& l) { l.connected(clock_.now()); }); },
                       .lost = {},
                       .message = [this](Incoming message) { receive(message); }});
    }

    /// withdrawn: not even "offline" stays.
    void stop(bool withdrawn = false) {
        if (!timer_.joinable()) return;
        timer_.request_stop();
        changed_.notify_all();
        timer_.join();
        broker_.stop({options_.topics.bridge_state(), withdrawn ? "" : "offline", true, 1, Rank::online, false});
    }

    /// Runs `work` alone.
    template <class Work> void quietly(Work&& work) {
        const std::lock_guard lock(mutex_);
        work(lifecycle_);
    }
    /// The same for work that may move a deadline: the timer looks again. Work that returns false moved none.
    template <class Work> void with(Work&& work) {
        {
            const std::lock_guard lock(mutex_);
            if constexpr (std::is_same_v<std::invoke_result_t<Work, Lifecycle&>, bool>) {
                if (!work(lifecycle_)) return;
            } else {
                work(lifecycle_);
            }
            ++changes_;
        }
        changed_.notify_all();
    }

    void answer_result(const CommandResult& result) {
        broker_.publish(passing(options_.topics.result(result.id), to_text(to_json(result)), 0));
    }
    void answer_request(const RequestAnswer& answer) {
        broker_.publish(passing(options_.topics.bridge_response(answer.what), to_text(to_json(answer)), 1));
    }

    void answer_raw(const std::string& id, const RequestAnswer& answer) {
        broker_.publish(passing(options_.topics.raw_response(id), to_text(to_json(answer)), 0));
    }

    const PublisherOptions& options() const { return options_; }
    const Clock& clock() const { return clock_; }
    RandomBytes& random() const { return random_; }
    const CommandHandlers& handlers() const { return handlers_; }
    Broker& broker() { return broker_; }

private:
    void run_timer(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            lifecycle_.tick(clock_.now());
            const auto seen = changes_;
            const auto woken = [&] { return seen != changes_; };
            if (const auto deadline = lifecycle_.deadline()) changed_.wait_until(lock, stop, *deadline, woken);
            else changed_.wait(lock, stop, woken);
        }
    }

    void receive(const Incoming& message) {
        if (message.retained) {
            // A command somebody had the broker keep would run again on every connect.
            with([&](Lifecycle& l) { l.retained(message, clock_.now()); });
            return;
        }
        const auto topic = options_.topics.parse(message.topic);
        if (topic) std::visit([&](auto&& command) { take(std::move(command)); }, parse_payload(*topic, message.payload));
    }

    void take(SetCommand command) {
        if (handlers_.set) handlers_.set(std::move(command));
    }
    void take(GetCommand command) {
        if (handlers_.get) handlers_.get(std::move(command));
    }
    void take(RequestCommand command) {
        if (handlers_.request) handlers_.request(std::move(command));
    }
    void take(RawCommand command) {
        if (handlers_.raw && options_.raw) handlers_.raw(std::move(command));
    }
    void take(BirthMessage birth) {
        if (birth.online) with([&](Lifecycle& l) { l.birth(clock_.now()); });
    }
    void take(BadCommand bad) {
        if (const auto* request = std::get_if<BridgeRequest>(&bad.topic))
            return answer_request({request->what, nullptr, bad.sentence, bad.transaction});
        if (const auto* raw = std::get_if<DeviceRaw>(&bad.topic)) {
            if (options_.raw) answer_raw(raw->id, {"", nullptr, bad.sentence, bad.transaction});
            return;
        }
        CommandResult result{.value = nullptr, .code = "invalid_value", .message = bad.sentence, .transaction = bad.transaction};
        if (const auto* property = std::get_if<PropertySet>(&bad.topic)) {
            result.id = property->id;
            result.property = property->property;
        } else if (const auto* device = std::get_if<DeviceSet>(&bad.topic)) {
            result.id = device->id;
        }
        bool known = false;
        quietly([&](Lifecycle& l) { known = l.knows(result.id); });
        if (known) answer_result(result);
    }

    const PublisherOptions options_;
    const std::unique_ptr<Broker> owned_;  ///< may be null: somebody else's
    Broker& broker_;
    const CommandHandlers handlers_;
    const Clock& clock_;
    RandomBytes& random_;
    std::mutex mutex_;  ///< of lifecycle_ and changes_; no callback is called while it is held
    std::condition_variable_any changed_;
    std::uint64_t changes_ = 0;
    Lifecycle lifecycle_;
    std::jthread timer_;
};

Publisher::Publisher(PublisherOptions options, Broker& broker, CommandHandlers handlers, const Clock& clock,
                     RandomBytes& random)
    : impl_(std::make_shared<Impl>(std::move(options), broker, nullptr, std::move(handlers), clock, random)) {}
Publisher::Publisher(PublisherOptions options, std::unique_ptr<Broker> broker, CommandHandlers handlers, const Clock& clock,
                     RandomBytes& random) {
    Broker& door = *broker;
    impl_ = std::make_shared<Impl>(std::move(options), door, std::move(broker), std::move(handlers), clock, random);
}
Publisher::~Publisher() = default;

void Publisher::replace(PublisherOptions options, std::unique_ptr<Broker> broker, bool withdraw) {
    const auto old = impl();
    Broker& door = *broker;
    const auto fresh = std::make_shared<Impl>(std::move(options), door, std::move(broker), old->handlers(), old->clock(), old->random());
    {
        const std::lock_guard lock(mutex_);
        impl_ = fresh;
    }
    if (withdraw) old->quietly([](Lifecycle& l) { l.withdraw(); });
    old->stop(withdraw);
    fresh->start();
}

void Publisher::start() { impl()->start(); }
void Publisher::stop() { impl()->stop(); }
BrokerStatus Publisher::status() const { return impl()->broker().status(); }

void Publisher::expect(std::set<std::string> ids, bool complete) {
    const auto impl = this->impl();
    impl->with([&](Lifecycle& l) { l.expect(std::move(ids), complete); });
}
void Publisher::set_device(DeviceDescription device) {
    const auto impl = this->impl();
    impl->with([&](Lifecycle& l) { return l.set_device(std::move(device), impl->clock().now()); });
}
void Publisher::remove_device(const std::string& id) {
    const auto impl = this->impl();
    impl->with([&](Lifecycle& l) { l.remove_device(id); });
}
void Publisher::set_availability(const std::string& id, bool online) {
    const auto impl = this->impl();
    impl->quietly([&](Lifecycle& l) { l.set_availability(id, online); });
}
void Publisher::set_state(const std::string& id, json::object state) {
    const auto impl = this->impl();
    impl->quietly([&](Lifecycle& l) { l.set_state(id, std::move(state), impl->clock().wall()); });
}
void Publisher::repeat_state(const std::string& id) {
    const auto impl = this->impl();
    impl->quietly([&](Lifecycle& l) { l.repeat_state(id); });
}
void Publisher::set_bridge_info(json::object info) {
    const auto impl = this->impl();
    impl->quietly([&](Lifecycle& l) { l.set_bridge_info(std::move(info)); });
}
void Publisher::set_bridge_devices(json::array devices) {
    const auto impl = this->impl();
    impl->quietly([&](Lifecycle& l) { l.set_bridge_devices(std::move(devices)); });
}

void Publisher::set_snapshot(const std::string& id, std::string jpeg) {
    const auto impl = this->impl();
    impl->broker().publish(picture(impl->options().topics.snapshot(id), std::move(jpeg)));
}
void Publisher::set_detection(const std::string& id, std::string jpeg) {
    const auto impl = this->impl();
    impl->broker().publish(picture(impl->options().topics.detection(id), std::move(jpeg)));
}
void Publisher::clear_pictures(const std::string& id) {
    set_snapshot(id, {});
    set_detection(id, {});
}

void Publisher::event(const std::string& id, json::object event) {
    const auto impl = this->impl();
    impl->broker().publish(passing(impl->options().topics.event(id), to_text(std::move(event)), 1));
}
void Publisher::result(const CommandResult& result) { impl()->answer_result(result); }
void Publisher::raw_answer(const std::string& id, const RequestAnswer& answer) { impl()->answer_raw(id, answer); }
void Publisher::answer(const RequestAnswer& answer) { impl()->answer_request(answer); }

void Publisher::set_bridge_health(json::object health) {
    const auto impl = this->impl();
    const BrokerStatus mqtt = status();
    health["mqtt"] = json::object{{"published", mqtt.published},
                                  {"received", mqtt.received},
                                  {"queued", static_cast<std::int64_t>(mqtt.queued)},
                                  {"dropped", mqtt.dropped},
                                  {"reconnects", mqtt.reconnects}};
    impl->broker().publish({impl->options().topics.bridge("health"), to_text(std::move(health)), true, 0, Rank::info, false});
}

void Publisher::log(std::string_view level, std::string_view message, std::string_view device) {
    const auto impl = this->impl();
    Message line = passing(impl->options().topics.bridge("logging"),
                           to_text(json::object{{"level", level}, {"message", message}, {"device", device}}), 0);
    line.log = true;
    impl->broker().publish(std::move(line));
}

void Publisher::bridge_event(std::string_view type, json::object data) {
    const auto impl = this->impl();
    impl->broker().publish(passing(impl->options().topics.bridge("event"),
                                    to_text(json::object{{"type", type}, {"data", std::move(data)}}), 1));
}

}  // namespace tplink::gateway
