#pragma once
// Sessions for actors by the ladder of logins.

#include <stop_token>

#include "gateway/app/announcements.hpp"
#include "gateway/app/kasa_opener.hpp"
#include "gateway/app/refusals.hpp"
#include "gateway/device/opener.hpp"
#include "protocols/tapo/ladder.hpp"

namespace tplink::gateway {

/// Each may be null; what is pointed to outlives openers and their sessions.
struct LadderMemory {
    const Announcements* announcements = nullptr;  ///< what discovery heard
    Refusals* refusals = nullptr;                  ///< passwords not to be tried again
    CloudOf cloud = nullptr;                       ///< for Kasa cameras; empty: none
    net::HttpClientFactory http = net::make_http_client;
};

std::unique_ptr<Opener> make_ladder_opener(LadderMemory memory = {});

/// The same once, with every rung that was asked.
struct Climbed {
    Result<Opened> opened;
    std::vector<tapo::Attempt> attempts;
};
Climbed climb_ladder(const OpenRequest& request, LadderMemory memory, std::stop_token stop);

/// True when something accepts a TCP connection there within 2 s.
bool tcp_probe(const std::string& host, std::uint16_t port);

}  // namespace tplink::gateway
