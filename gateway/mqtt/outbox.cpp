#include "gateway/mqtt/outbox.hpp"

#include <algorithm>

namespace tplink::gateway {
namespace {

constexpr std::size_t kPacketOverhead = 64;  // fixed header, topic length, packet id, properties we add

// Discovery: kilobytes for each device, needed again only when the broker or Home Assistant starts anew.
constexpr std::size_t kPackFrom = 1024;

bool is_image(const Message& message) { return message.retain && message.rank == Rank::image; }

}  // namespace

Outbox::Value& Outbox::remember(std::shared_ptr<const Message> message) {
    auto [it, is_new] = values_.try_emplace(message->topic);
    Value& value = it->second;
    if (is_new) value.order = next_order_++;
    if (!is_new && is_image(*value.message)) image_bytes_ -= value.message->payload.size();
    if (is_image(*message)) image_bytes_ += message->payload.size();
    value.message = std::move(message);
    value.packed = {};
    return value;
}

void Outbox::pack(Value& value) {
    if (value.message->rank != Rank::discovery || value.message->payload.size() < kPackFrom) return;
    value.packed = PackedText(value.message->payload);
    const Message& full = *value.message;
    value.message = std::make_shared<const Message>(Message{full.topic, {}, full.retain, full.qos, full.rank, full.log});
}

std::shared_ptr<const Message> Outbox::whole(const Value& value) {
    if (value.packed.empty()) return value.message;
    Message message = *value.message;
    message.payload = value.packed.text();
    return std::make_shared<const Message>(std::move(message));
}

void Outbox::forget(const std::string& topic) {
    const auto it = values_.find(topic);
    if (it == values_.end()) return;
    if (is_image(*it->second.message)) image_bytes_ -= it->second.message->payload.size();
    values_.erase(it);
}

// The broker keeps its copy of a forgotten picture; only after a broker without memory it is missing until the next.
void Outbox::keep_images_small(const std::string& newest) {
    while (image_bytes_ > limits_.image_bytes) {
        auto oldest = values_.end();
        for (auto it = values_.begin(); it != values_.end(); ++it) {
            const Message& message = *it->second.message;
            if (!is_image(message) || message.payload.empty() || message.topic == newest) continue;
            if (oldest == values_.end() || it->second.order < oldest->second.order) oldest = it;
        }
        if (oldest == values_.end()) return;
        if (oldest->second.live || oldest->second.paced) ++dropped_;
        forget(std::string(oldest->first));
    }
}

void Outbox::count_in(const Message& message) {
    ++queued_messages_;
    queued_bytes_ += message.payload.size();
}

void Outbox::count_out(const Message& message) {
    --queued_messages_;
    queued_bytes_ -= message.payload.size();
}

void Outbox::keep_queue_small() {
    const auto oldest = [&](auto&& wanted) {
        return std::find_if(live_.begin(), live_.end(),
                            [&](const Item& item) { return !item.message->retain && wanted(*item.message); });
    };
    while (queued_messages_ > limits_.queued_messages || queued_bytes_ > limits_.queued_bytes) {
        auto victim = oldest([](const Message& message) { return message.log; });
        if (victim == live_.end()) victim = oldest([](const Message&) { return true; });
        if (victim == live_.end()) return;
        count_out(*victim->message);
        live_.erase(victim);
        ++dropped_;
    }
}

void Outbox::publish(Message message, SteadyTime now) {
    auto shared = std::make_shared<const Message>(std::move(message));
    if (!shared->retain) {
        count_in(*shared);
        live_.push_back({std::move(shared), now});
        return keep_queue_small();
    }
    Value& value = remember(shared);
    // A newer value takes the place of the one that waits: whoever was queued behind it may rely on it.
    if (!value.live) live_.push_back({shared, now});
    value.live = true;
    if (is_image(*shared)) {
        value.order = next_order_++;
        keep_images_small(shared->topic);
    }
}

void Outbox::publish_bulk(std::vector<Message> messages, SteadyTime) {
    for (Message& message : messages) {
        Value& value = remember(std::make_shared<const Message>(std::move(message)));
        if (!value.paced && !value.live) paced_.push_back(value.message->topic);
        if (!value.live) value.paced = true;
    }
}

void Outbox::republish(SteadyTime) {
    std::vector<Value*> all;
    all.reserve(values_.size());
    for (auto& [topic, value] : values_) all.push_back(&value);
    std::sort(all.begin(), all.end(), [](const Value* a, const Value* b) {
        return std::pair(a->message->rank, a->order) < std::pair(b->message->rank, b->order);
    });
    paced_.clear();
    for (Value* value : all) {
        value->paced = !value->live;
        if (value->paced) paced_.push_back(value->message->topic);
    }
}

std::size_t Outbox::in_flight_limit() const {
    return receive_limit_ == 0 ? limits_.in_flight : std::min(limits_.in_flight, receive_limit_);
}

void Outbox::connected(SteadyTime now, std::size_t packet_limit, std::size_t receive_limit) {
    packet_limit_ = packet_limit;
    receive_limit_ = receive_limit;
    tokens_ = static_cast<double>(limits_.pace_burst);
    tokens_time_ = now;
    for (auto it = live_.begin(); it != live_.end();) {
        const bool is_stale = !it->message->retain && now - it->since > limits_.patience;
        if (!is_stale) {
            ++it;
            continue;
        }
        count_out(*it->message);
        ++dropped_;
        it = live_.erase(it);
    }
    republish(now);
}

void Outbox::disconnected() {
    for (auto it = in_flight_.rbegin(); it != in_flight_.rend(); ++it) {
        if (it->second.message->retain) continue;
        count_in(*it->second.message);
        live_.push_front(it->second);
    }
    in_flight_.clear();
    keep_queue_small();
}

bool Outbox::too_big(const Message& message) const {
    return packet_limit_ != 0 && message.topic.size() + message.payload.size() + kPacketOverhead > packet_limit_;
}

Outbox::Sending Outbox::send(Item item) {
    const Ticket ticket = next_ticket_++;
    const auto& kept = in_flight_.emplace(ticket, std::move(item)).first->second;
    return {ticket, kept.message};
}

std::optional<Outbox::Sending> Outbox::take_live() {
    while (!live_.empty()) {
        Item item = std::move(live_.front());
        live_.pop_front();
        if (!item.message->retain) {
            count_out(*item.message);
        } else {
            const auto it = values_.find(item.message->topic);
            if (it == values_.end()) continue;  // forgotten while it waited
            it->second.live = it->second.paced = false;
            item.message = whole(it->second);
        }
        if (!too_big(*item.message)) return send(std::move(item));
        ++dropped_;
    }
    return {};
}

double Outbox::tokens_at(SteadyTime now) const {
    const double elapsed_s = std::chrono::duration<double>(now - tokens_time_).count();
    const double grown = tokens_ + std::max(0.0, elapsed_s) * static_cast<double>(limits_.pace_per_s);
    return std::min(grown, static_cast<double>(limits_.pace_burst));
}

std::optional<Outbox::Sending> Outbox::take_paced(SteadyTime now) {
    while (!paced_.empty()) {
        const auto it = values_.find(paced_.front());
        if (it == values_.end() || !it->second.paced) {  // sent meanwhile as live, or forgotten
            paced_.pop_front();
            continue;
        }
        if (tokens_at(now) < 1) return {};
        paced_.pop_front();
        it->second.paced = false;
        auto message = whole(it->second);
        if (too_big(*message)) {
            ++dropped_;
            continue;
        }
        tokens_ = tokens_at(now) - 1;
        tokens_time_ = now;
        return send({std::move(message), now});
    }
    return {};
}

std::optional<Outbox::Sending> Outbox::next(SteadyTime now) {
    if (in_flight_.size() >= in_flight_limit()) return {};
    if (auto sending = take_live()) return sending;
    return take_paced(now);
}

std::optional<SteadyTime> Outbox::paced_until(SteadyTime now) const {
    if (paced_.empty() || in_flight_.size() >= in_flight_limit()) return {};
    const double missing = std::max(0.0, 1 - tokens_at(now));
    const auto wait = std::chrono::duration<double>(missing / static_cast<double>(limits_.pace_per_s));
    return now + std::chrono::ceil<std::chrono::milliseconds>(wait);
}

void Outbox::done(Ticket ticket, bool accepted) {
    const auto it = in_flight_.find(ticket);
    if (it == in_flight_.end()) return;
    const auto message = std::move(it->second.message);
    in_flight_.erase(it);
    ++(accepted ? published_ : dropped_);
    if (!message->retain) return;
    const auto value = values_.find(message->topic);
    if (value == values_.end() || value->second.message != message) return;
    if (message->payload.empty()) values_.erase(value);  // cleared: nothing to remember
    else if (accepted && is_image(*message) && image_bytes_ > limits_.sent_image_bytes && !value->second.live && !value->second.paced) forget(message->topic);
    else if (accepted) pack(value->second);
}

std::shared_ptr<const Message> Outbox::newest_live() const {
    return live_.empty() ? nullptr : live_.back().message;
}

bool Outbox::waits(const std::shared_ptr<const Message>& message) const {
    if (!message) return false;
    const auto is_it = [&](const Item& item) { return item.message->topic == message->topic; };
    return std::any_of(live_.begin(), live_.end(), is_it) ||
           std::any_of(in_flight_.begin(), in_flight_.end(), [&](const auto& entry) { return is_it(entry.second); });
}

void Outbox::put_back(Ticket ticket) {
    const auto it = in_flight_.find(ticket);
    if (it == in_flight_.end()) return;
    Item item = std::move(it->second);
    in_flight_.erase(it);
    if (item.message->retain) {
        const auto value = values_.find(item.message->topic);
        if (value == values_.end() || value->second.live) return;
        value->second.live = true;
    } else {
        count_in(*item.message);
    }
    live_.push_front(std::move(item));
}

}  // namespace tplink::gateway
