#pragma once
// Sessions of people who signed in by the form. They live in memory only: a restart signs everybody out.

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {

/// Thread-safe. Only digests of the tokens are kept.
class Sessions {
public:
    static constexpr std::chrono::hours kIdle{24 * 7};      ///< unused for so long, it ends ...
    static constexpr std::chrono::hours kLongest{24 * 30};  ///< ... and in any case after this
    static constexpr std::size_t kSessionsMax = 64;         ///< then the one unused longest goes

    Sessions(const Clock& clock, RandomBytes& random) : clock_(clock), random_(random) {}

    /// A new session's token: 64 hex digits, 256 random bits.
    std::string open();
    /// True while the session lasts; using it keeps it from idling out.
    bool admits(std::string_view token);
    /// The same without counting as use: for what runs by itself, such as an open stream.
    bool lasts(std::string_view token) const;
    void close(std::string_view token);

private:
    struct Session {
        SteadyTime opened{}, used{};
    };
    bool is_over(const Session& session, SteadyTime now) const { return now - session.used >= kIdle || now - session.opened >= kLongest; }

    const Clock& clock_;
    RandomBytes& random_;
    mutable std::mutex mutex_;
    std::map<std::string, Session, std::less<>> sessions_;  ///< by hex SHA-256 of the token; 256 random bits need no slow hash
};

}  // namespace tplink::gateway
