#pragma once
// Which queries are due when. Pure.

#include <map>
#include <string_view>
#include <vector>

#include "gateway/capabilities/capability.hpp"
#include "protocols/base/clock.hpp"

namespace tplink::gateway {

/// What a poll asks: what is due; what has no slower interval of its own as well; or everything.
enum class Ask { due, quick, all };

class PollPlan {
public:
    /// base: interval of queries that name none of their own.
    explicit PollPlan(std::chrono::milliseconds base) : base_(base) {}

    void set_base(std::chrono::milliseconds base) { base_ = base; }
    std::chrono::milliseconds base() const { return base_; }

    /// Those of `queries` whose time has come; a query never asked is due.
    std::vector<Query> due(const std::vector<Query>& queries, SteadyTime now, Ask ask = Ask::due) const;
    /// They were asked at `now`; their next time follows.
    void asked(const std::vector<Query>& queries, SteadyTime now);
    /// It was not answered: due at the next poll.
    void again(const Query& query) { due_.erase({query.method, query.params}); }
    /// Everything is due again (new session, new firmware).
    void forget() { due_.clear(); }

private:
    using Key = std::pair<std::string_view, std::string_view>;
    std::chrono::milliseconds base_;
    std::map<Key, SteadyTime> due_;
};

}  // namespace tplink::gateway
