#pragma once
// The few sessions a device keeps, by cookie or stok.

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

namespace tplink::sim {

/// Newest last; not thread-safe. Session needs a member `std::chrono::milliseconds ends`.
template <class Session> class SessionList {
public:
    explicit SessionList(std::size_t max) : max_(max) {}

    Session& add(std::string id, Session session) {
        while (entries_.size() >= max_ && !entries_.empty()) entries_.pop_front();
        return entries_.emplace_back(std::move(id), std::move(session)).second;
    }
    /// nullptr when unknown or over.
    Session* find(std::string_view id, std::chrono::milliseconds now) {
        for (auto& [key, session] : entries_)
            if (key == id) return session.ends > now ? &session : nullptr;
        return nullptr;
    }
    /// As find, but sessions that are over too.
    Session* find_any(std::string_view id) {
        for (auto& [key, session] : entries_)
            if (key == id) return &session;
        return nullptr;
    }
    void erase(std::string_view id) {
        std::erase_if(entries_, [&](const auto& entry) { return entry.first == id; });
    }
    void clear() { entries_.clear(); }
    void end_all(std::chrono::milliseconds now) {
        for (auto& [key, session] : entries_) session.ends = std::min(session.ends, now);
    }
    std::size_t count(std::chrono::milliseconds now) const {
        std::size_t open = 0;
        for (const auto& [key, session] : entries_) open += session.ends > now ? 1 : 0;
        return open;
    }

private:
    std::size_t max_;
    std::deque<std::pair<std::string, Session>> entries_;
};

} // namespace tplink::sim
