#include "gateway/web/sessions.hpp"

#include <algorithm>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kBytes = 32;

}  // namespace

std::string Sessions::open() {
    const std::string token = hex_lower(random_.bytes(kBytes));
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    std::erase_if(sessions_, [&](const auto& item) { return is_over(item.second, now); });
    if (sessions_.size() >= kSessionsMax)
        sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    sessions_[crypto::sha256_hex_lower(token)] = {now, now};
    return token;
}

bool Sessions::admits(std::string_view token) {
    if (token.size() != 2 * kBytes) return false;
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(crypto::sha256_hex_lower(token));
    if (found == sessions_.end()) return false;
    if (is_over(found->second, now)) {
        sessions_.erase(found);
        return false;
    }
    found->second.used = now;
    return true;
}

bool Sessions::lasts(std::string_view token) const {
    const auto now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(crypto::sha256_hex_lower(token));
    return found != sessions_.end() && !is_over(found->second, now);
}

void Sessions::close(std::string_view token) {
    const std::lock_guard lock(mutex_);
    if (const auto found = sessions_.find(crypto::sha256_hex_lower(token)); found != sessions_.end()) sessions_.erase(found);
}

}  // namespace tplink::gateway
