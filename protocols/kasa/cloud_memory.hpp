#pragma once
// What must survive a restart about the cloud account: terminal, tokens, counters, refusals. Text in, text out.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::kasa {

/// How the account stands; the worst thing that is known.
enum class CloudState {
    ok,             ///< works, or was never needed
    disabled,       ///< not allowed by the user
    no_account,     ///< no e-mail or password configured
    auth_failed,    ///< refused: stop
    locked,         ///< locked: stop
    mfa_needed,     ///< a code is awaited
    rate_limited,   ///< too many requests: wait
    contested,      ///< another program takes the session away: wait
    unreachable,    ///< no connection
    tls_untrusted,  ///< the server's certificate is not the vendor's
    rejected,       ///< our application keys or version are not accepted any more: stop
};
std::string_view to_string(CloudState state);

/// Tokens of one of the two clouds.
struct CloudLane {
    Secret token, refresh;
    std::string server;  ///< URL
    bool operator==(const CloudLane&) const = default;
};

/// Times are unix seconds.
struct CloudMemory {
    std::string terminal;  ///< 32 upper-case hex digits; made once, kept for ever
    std::string account;   ///< hash of the e-mail; another one discards tokens and refusals
    std::string mark;      ///< few bits of a hash of the password: a changed one forgives a refusal
    std::array<CloudLane, 2> lanes;
    std::vector<std::int64_t> logins;  ///< of the last hour, all restarts together
    CloudState state = CloudState::ok;
    std::int64_t since = 0, until = 0;  ///< until: nothing is sent before; 0: no bar
    int rate_step = 0;                  ///< how often in a row the cloud asked to slow down
    std::int64_t squeezed_at = 0;
    std::string mfa_process;
    int mfa_type = 2;
    int mfa_lane = 0;
    std::int64_t mfa_asked = 0;  ///< when a code was asked for last

    std::string to_text() const;
};

/// Reads what to_text() wrote; anything unreadable is a fresh memory. Adapts it to the account: see the fields.
CloudMemory recall(std::string_view text, const Credentials& account, RandomBytes& random);

}  // namespace tplink::kasa
