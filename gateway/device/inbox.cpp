#include "gateway/device/inbox.hpp"

#include <algorithm>

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxPushes = 256;  // an actor that hangs that long has other sorrows

}  // namespace

Inbox::Put Inbox::put(PropertyCommand command, SteadyTime now, bool replaceable, std::optional<PropertyCommand>& superseded) {
    const std::lock_guard lock(mutex_);
    if (replaceable) {
        const auto same = std::find_if(commands_.begin(), commands_.end(), [&](const QueuedCommand& queued) {
            return queued.command.property == command.property && queued.command.unit == command.unit;
        });
        if (same != commands_.end()) {
            superseded = std::move(same->command);
            same->command = std::move(command);
            same->at = now;
            return Put::replaced;
        }
    }
    if (commands_.size() >= kMaxCommands) return Put::full;
    commands_.push_back({std::move(command), now});
    changed_.notify_one();
    return Put::queued;
}

void Inbox::wish(const Wishes& wishes) {
    const std::lock_guard lock(mutex_);
    wishes_.poll |= wishes.poll;
    wishes_.reconnect |= wishes.reconnect;
    wishes_.children |= wishes.children;
    wishes_.awake |= wishes.awake;
    if (wishes.address) wishes_.address = wishes.address;
    if (wishes_.pushes.size() < kMaxPushes) wishes_.pushes.insert(wishes_.pushes.end(), wishes.pushes.begin(), wishes.pushes.end());
    changed_.notify_one();
}

void Inbox::wait(std::stop_token stop, std::optional<SteadyTime> deadline) {
    std::unique_lock lock(mutex_);
    const auto ready = [&] { return !commands_.empty() || !questions_.empty() || wishes_.any(); };
    if (deadline) changed_.wait_until(lock, stop, *deadline, ready);
    else changed_.wait(lock, stop, ready);
}

std::optional<QueuedCommand> Inbox::take() {
    const std::lock_guard lock(mutex_);
    if (commands_.empty()) return std::nullopt;
    QueuedCommand first = std::move(commands_.front());
    commands_.pop_front();
    return first;
}

bool Inbox::ask(Question question) {
    const std::lock_guard lock(mutex_);
    if (questions_.size() >= kMaxQuestions) return false;
    questions_.push_back(std::move(question));
    changed_.notify_one();
    return true;
}

std::optional<Question> Inbox::take_question() {
    const std::lock_guard lock(mutex_);
    if (questions_.empty()) return std::nullopt;
    Question first = std::move(questions_.front());
    questions_.pop_front();
    return first;
}

bool Inbox::has_command() {
    const std::lock_guard lock(mutex_);
    return !commands_.empty();
}

Wishes Inbox::take_wishes() {
    const std::lock_guard lock(mutex_);
    return std::exchange(wishes_, {});
}

}  // namespace tplink::gateway
