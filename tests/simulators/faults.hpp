#pragma once
// What a simulated device does wrong on its control port, switchable while it runs.

#include <boost/json/object.hpp>
#include <mutex>
#include <random>

#include "protocols/base/result.hpp"

namespace tplink::sim {

/// Counts say how many further requests are struck: 0 none, -1 all until changed.
struct Faults {
    int delay_ms = 0;                ///< before every answer
    int deaf = 0;                    ///< request read, not executed, not answered
    int drop = 0;                    ///< request executed, not answered
    int garbage = 0;                 ///< HTTP 200 with a body without meaning
    int noise = 0;                   ///< bytes that are no HTTP
    int stall = 0;                   ///< half of the answer, then nothing; TCP stays open
    int reset = 0;                   ///< TCP reset in the middle of the answer
    int forbid = 0;                  ///< request not executed, HTTP 403 (elsewhere: the connection ends)
    int too_many = 0;                ///< request not executed, HTTP 429 (elsewhere: the connection ends)
    int drop_percent = 0;            ///< that many of 100 requests, by chance, are read and nothing more
    int lose_percent = 0;            ///< that many more are executed by chance, and their answer is never sent
    int seed = 1;                    ///< of that chance; setting it begins anew
    int expire_every = 0;            ///< all sessions end after each so many requests; 0: never
    int rate_limit = 0;              ///< inner requests answered -1301, not executed
    int split_bytes = 0;             ///< answers go out in pieces of that size
    bool close_after_answer = false; ///< one request per connection, without `Connection: close`
};

enum class Strike { none, deaf, drop, garbage, noise, stall, reset, forbid, too_many };

/// The faults of one device; all members from any thread.
class FaultSwitch {
public:
    Faults get() const;
    void set(const Faults& faults);
    /// Changes the members named by the keys; refused: unknown key or no number. Nothing is changed then.
    Result<void> apply(const boost::json::object& changes);
    /// What happens to the next request; counts it off.
    Strike next_strike();
    /// Counts off `rate_limit`; true: this inner request is struck.
    bool take_rate_limit();
    /// Counts requests for `expire_every`; true: all sessions end now.
    bool take_expiry();

private:
    mutable std::mutex mutex_;
    Faults faults_;
    int since_expiry_ = 0;
    std::minstd_rand chance_{1}; // the same requests are struck in each run
};

boost::json::object to_json(const Faults& faults);

} // namespace tplink::sim
