#include "gateway/app/result_desk.hpp"

namespace tplink::gateway {
namespace {

// While a command is on its way its transaction is wrapped, so that a user's own can never be taken for a ticket.
constexpr std::string_view kTicket = "ticket";
constexpr std::string_view kFromMqtt = "mqtt";

}  // namespace

std::vector<CommandResult> ResultDesk::run(const std::string& id, const json::object& values, std::chrono::milliseconds patience) {
    std::int64_t ticket = 0;
    {
        const std::lock_guard lock(mutex_);
        ticket = next_++;
        waiting_[ticket] = {values.size(), std::vector<std::optional<CommandResult>>(values.size())};
    }
    std::int64_t index = 0;
    for (const auto& [property, value] : values)
        registry_.command(id, {property, value, json::object{{kTicket, ticket}, {"index", index++}}});
    std::unique_lock lock(mutex_);
    done_.wait_for(lock, patience, [&] { return stopped_ || waiting_[ticket].missing == 0; });
    std::vector<CommandResult> results;
    auto at = values.begin();
    for (auto& result : waiting_[ticket].results) {
        if (result) results.push_back(std::move(*result));
        else results.push_back({id, at->key(), at->value(), "timeout", "the device did not answer in time", nullptr});
        ++at;
    }
    waiting_.erase(ticket);
    return results;
}

void ResultDesk::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    done_.notify_all();
}

void ResultDesk::forward(const std::string& id, PropertyCommand command) {
    command.transaction = json::object{{kFromMqtt, std::move(command.transaction)}};
    registry_.command(id, std::move(command));
}

void ResultDesk::done(const CommandResult& result) {
    const json::object* mark = result.transaction.if_object();
    if (mark == nullptr) return;
    const json::value* ticket = mark->if_contains(kTicket);
    if (ticket == nullptr) {
        CommandResult unwrapped = result;
        unwrapped.transaction = mark->at(kFromMqtt);
        return on_mqtt_(unwrapped);
    }
    const std::lock_guard lock(mutex_);
    const auto at = waiting_.find(ticket->to_number<std::int64_t>());
    if (at == waiting_.end()) return;
    const auto index = mark->at("index").to_number<std::size_t>();
    if (index >= at->second.results.size() || at->second.results[index]) return;
    at->second.results[index] = result;
    at->second.results[index]->transaction = nullptr;
    if (--at->second.missing == 0) done_.notify_all();
}

}  // namespace tplink::gateway
