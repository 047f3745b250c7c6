#include "gateway/device/poll_plan.hpp"

#include <algorithm>

namespace tplink::gateway {

std::vector<Query> PollPlan::due(const std::vector<Query>& queries, SteadyTime now, Ask ask) const {
    std::vector<Query> result;
    for (const Query& query : queries) {
        const auto at = due_.find({query.method, query.params});
        const bool wanted = ask == Ask::all || (ask == Ask::quick && query.every_s == 0);
        if (wanted || at == due_.end() || at->second <= now) result.push_back(query);
    }
    return result;
}

void PollPlan::asked(const std::vector<Query>& queries, SteadyTime now) {
    for (const Query& query : queries) {
        // A little early counts as due: otherwise a query of 60 s misses every 5 s poll that comes a millisecond soon.
        const auto every = std::max<std::chrono::milliseconds>(base_, std::chrono::seconds(query.every_s));
        due_[{query.method, query.params}] = now + every - base_ / 10;
    }
}

}  // namespace tplink::gateway
