#include "gateway/mqtt/mqtt_session.hpp"

#include <algorithm>
#include <array>
#include <spdlog/spdlog.h>

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxInbound = 5000;  // a busy broker's retained discovery messages all come at once
constexpr std::size_t kMaxInboundBytes = 16u << 20;
constexpr std::size_t kMaxNotes = 16;
constexpr auto kStable = 10s;              // a connection that held so long was a good one: back-off starts anew
constexpr int kSuspicious = 3;             // so many unstable connections in a row are no chance
constexpr auto kGoodbye = 1000ms;          // for what is queued and the last message
constexpr auto kDisconnect = 500ms;
constexpr auto kBusyPause = 1ms;

// Half to all of `full`: gateways that lost one broker must not come back in step.
std::chrono::milliseconds jittered(std::chrono::milliseconds full, RandomBytes& random) {
    std::array<std::byte, 4> bytes{};
    random.fill(bytes);
    const auto half = full.count() / 2;
    return std::chrono::milliseconds(half + static_cast<std::int64_t>(load_be32(bytes)) % (half + 1));
}

}  // namespace

MqttSession::MqttSession(MqttOptions options, Connect connect, const Clock& clock, RandomBytes& random,
                         OutboxLimits limits)
    : options_(std::move(options)), connect_(std::move(connect)), clock_(clock), random_(random), outbox_(limits),
      version_(options_.try_version_5 ? 5 : 4), backoff_(options_.backoff_min) {}

MqttSession::~MqttSession() {
    thread_.request_stop();
    wake();
    if (thread_.joinable()) thread_.join();
}

void MqttSession::start(Handlers handlers) {
    handlers_ = std::move(handlers);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void MqttSession::stop(Message last) {
    {
        const std::lock_guard lock(mutex_);
        last_ = std::move(last);
    }
    thread_.request_stop();
    wake();
    if (thread_.joinable()) thread_.join();
}

void MqttSession::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::publish(Message message) {
    {
        const std::lock_guard lock(mutex_);
        outbox_.publish(std::move(message), clock_.now());
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::publish_bulk(std::vector<Message> messages) {
    {
        const std::lock_guard lock(mutex_);
        outbox_.publish_bulk(std::move(messages), clock_.now());
    }
    wake();
}

void MqttSession::republish() {
    {
        const std::lock_guard lock(mutex_);
        outbox_.republish(clock_.now());
    }
    wake();
}

void MqttSession::subscribe(Subscription subscription) {
    {
        const std::lock_guard lock(mutex_);
        subscriptions_.push_back(subscription);
        if (status_.connected) operations_.push_back({true, std::move(subscription)});
    }
    wake();
}

void MqttSession::unsubscribe(const std::string& filter) {
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(subscriptions_, [&](const Subscription& s) { return s.filter == filter; });
        if (status_.connected) operations_.push_back({false, {filter, 0, true}});
    }
    wake();
}

BrokerStatus MqttSession::status() const {
    const std::lock_guard lock(mutex_);
    BrokerStatus out = status_;
    out.published = outbox_.published();
    out.dropped += outbox_.dropped();
    out.queued = outbox_.queued();
    return out;
}

void MqttSession::on_message(Incoming message) {
    {
        const std::lock_guard lock(mutex_);
        ++status_.received;
        const bool is_full = inbound_.size() >= kMaxInbound || inbound_bytes_ + message.payload.size() > kMaxInboundBytes;
        if (is_full) {
            ++status_.dropped;
            return;
        }
        inbound_bytes_ += message.payload.size();
        inbound_.push_back(std::move(message));
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::on_done(Outbox::Ticket ticket, bool accepted) {
    {
        const std::lock_guard lock(mutex_);
        outbox_.done(ticket, accepted);
        // Nothing waits for room and nobody leaves: the thread, woken for every acknowledge, would only go to sleep again.
        if (!leaving_ && outbox_.queued() == outbox_.in_flight()) return;
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::on_lost(std::string reason) {
    {
        const std::lock_guard lock(mutex_);
        if (!lost_) lost_ = std::move(reason);
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::on_note(std::string sentence) {
    {
        const std::lock_guard lock(mutex_);
        if (notes_.size() < kMaxNotes) notes_.push_back(std::move(sentence));
        woken_ = true;
    }
    changed_.notify_all();
}

void MqttSession::run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        if (auto connection = try_connect(stop)) {
            const auto since = clock_.now();
            begin(*connection);
            serve(*connection, stop);
            if (stop.stop_requested()) return say_goodbye(*connection);
            connection.reset();
            const bool was_stable = clock_.now() - since >= kStable;
            short_lives_ = was_stable ? 0 : short_lives_ + 1;
            if (was_stable) backoff_ = options_.backoff_min;
            end();
        }
        pause(stop);
    }
}

/// False when nobody knows the broker yet.
bool MqttSession::locate() {
    if (!options_.locate || (!options_.host.empty() && !slow_)) return true;
    auto found = options_.locate();
    if (!found) {
        note_failure({Errc::unreachable, found.error().what, 0, {}});
        return false;
    }
    const bool is_same = found->host == options_.host && found->port == options_.port && found->login == options_.login && found->tls == options_.tls;
    if (slow_ && is_same && clock_.now() - refused_at_ < options_.refused_backoff) return false;  // it would be refused again
    options_.host = std::move(found->host);
    options_.port = found->port;
    options_.login = std::move(found->login);
    options_.tls = found->tls;
    return true;
}

std::unique_ptr<Connection> MqttSession::try_connect(const std::stop_token& stop) {
    if (!locate()) return {};
    {
        const std::lock_guard lock(mutex_);
        lost_.reset();
        inbound_.clear();
        inbound_bytes_ = 0;
        operations_.clear();
    }
    auto connection = connect_(options_, version_, *this, stop);
    if (!connection && connection.error().code == Errc::unsupported && version_ == 5) {
        version_ = 4;
        connection = connect_(options_, version_, *this, stop);
        if (!connection) version_ = 5;
    }
    if (connection) return std::move(*connection);
    note_failure(connection.error());
    return {};
}

void MqttSession::note_failure(const Error& error) {
    if (error.code == Errc::cancelled) return;
    slow_ = error.code == Errc::auth_failed;
    if (slow_) refused_at_ = clock_.now();
    const bool refused = slow_ || error.code == Errc::refused;
    std::string sentence = error.what;
    if (slow_)
        sentence += "; trying again every " +
                    std::to_string(std::chrono::ceil<std::chrono::seconds>(options_.refused_backoff).count()) + " s";
    bool is_new = false;
    {
        const std::lock_guard lock(mutex_);
        is_new = status_.last_error != sentence;
        status_.last_error = sentence;
        status_.refused = refused;
    }
    if (!is_new) return;  // a broker that stays away is one line, not one per attempt
    say(refused ? spdlog::level::err : spdlog::level::warn, sentence);
}

void MqttSession::say(int level, const std::string& line) const {
    if (options_.logger) options_.logger->log(static_cast<spdlog::level::level_enum>(level), "{}", line);
}

void MqttSession::begin(Connection& connection) {
    std::vector<Subscription> subscriptions;
    {
        const std::lock_guard lock(mutex_);
        status_.connected = true;
        status_.mqtt_version = version_;
        status_.last_error.clear();
        status_.refused = false;
        if (was_connected_) ++status_.reconnects;
        subscriptions = subscriptions_;
    }
    was_connected_ = true;
    slow_ = false;
    say(spdlog::level::info, fmt::format("connected to {}:{} with MQTT {}", options_.host, options_.port, version_ == 5 ? "5" : "3.1.1"));
    for (const Subscription& subscription : subscriptions) connection.subscribe(subscription);
    if (handlers_.connected) handlers_.connected();
    const std::lock_guard lock(mutex_);
    outbox_.connected(clock_.now(), connection.packet_limit(), connection.receive_limit());
}

std::optional<MqttSession::Work> MqttSession::next_work(Lock& lock, const std::stop_token& stop) {
    while (!stop.stop_requested() && !lost_) {
        woken_ = false;
        Work work;
        std::swap(work.operations, operations_);
        std::swap(work.inbound, inbound_);
        std::swap(work.notes, notes_);
        inbound_bytes_ = 0;
        work.sending = outbox_.next(clock_.now());
        if (work.sending || !work.operations.empty() || !work.inbound.empty() || !work.notes.empty()) return work;
        const auto woken = [&] { return woken_; };
        if (const auto later = outbox_.paced_until(clock_.now())) changed_.wait_until(lock, stop, *later, woken);
        else changed_.wait(lock, stop, woken);
    }
    return {};
}

void MqttSession::serve(Connection& connection, const std::stop_token& stop) {
    while (true) {
        Lock lock(mutex_);
        auto work = next_work(lock, stop);
        lock.unlock();
        if (!work) return;
        for (const auto& note : work->notes) say(spdlog::level::warn, note);
        for (const auto& operation : work->operations) {
            if (operation.add) connection.subscribe(operation.subscription);
            else connection.unsubscribe(operation.subscription.filter);
        }
        if (work->sending) hand_over(connection, *work->sending);
        for (auto& message : work->inbound)
            if (handlers_.message) handlers_.message(std::move(message));
    }
}

void MqttSession::hand_over(Connection& connection, const Outbox::Sending& sending) {
    const auto handed = connection.publish(sending.ticket, *sending.message);
    if (handed == Connection::Handed::taken) return;
    if (handed == Connection::Handed::lost) return on_lost("connection lost");
    Lock lock(mutex_);
    outbox_.put_back(sending.ticket);
    // Everything that could be sent waits behind this one, so there is nothing better to do.
    changed_.wait_for(lock, kBusyPause, [&] { return lost_.has_value(); });
}

void MqttSession::end() {
    std::string reason;
    {
        const std::lock_guard lock(mutex_);
        reason = lost_.value_or("connection lost");
        // Brokers that do not say "session taken over" only show it by throwing both clients out in turn.
        if (short_lives_ >= kSuspicious)
            reason += " " + std::to_string(short_lives_) + " times right after connecting: does another program use the client id " +
                      options_.client_id + "?";
        status_.connected = false;
        status_.last_error = reason;
        outbox_.disconnected();
    }
    say(spdlog::level::warn, reason);
    if (handlers_.lost) handlers_.lost(reason);
}

void MqttSession::say_goodbye(Connection& connection) {
    const auto deadline = clock_.now() + kGoodbye;
    Lock lock(mutex_);
    leaving_ = true;
    if (last_) outbox_.publish(std::move(*last_), clock_.now());
    const auto goodbye = outbox_.newest_live();
    while (!lost_ && clock_.now() < deadline && outbox_.waits(goodbye)) {
        woken_ = false;
        if (const auto sending = outbox_.next(clock_.now())) {
            lock.unlock();
            hand_over(connection, *sending);
            lock.lock();
            continue;
        }
        changed_.wait_until(lock, deadline, [&] { return woken_; });
    }
    status_.connected = false;
    lock.unlock();
    connection.disconnect(kDisconnect);
}

void MqttSession::pause(const std::stop_token& stop) {
    Lock lock(mutex_);
    const bool is_fight = short_lives_ >= kSuspicious;  // whoever comes back at once throws the other one out again
    // Asking for the password costs the broker nothing, so a new one is noticed soon.
    const auto full = slow_ && !options_.locate ? options_.refused_backoff : is_fight ? options_.fight_backoff : backoff_;
    if (!slow_ || options_.locate) backoff_ = std::min(backoff_ * 2, options_.backoff_max);
    changed_.wait_for(lock, stop, jittered(full, random_), [] { return false; });
}

std::unique_ptr<Broker> make_paho_broker(MqttOptions options, const Clock& clock, RandomBytes& random) {
    return std::make_unique<MqttSession>(std::move(options), connect_paho, clock, random);
}

}  // namespace tplink::gateway
