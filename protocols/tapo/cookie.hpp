#pragma once
// The session cookie of a plug's web server.

#include <chrono>
#include <optional>
#include <string>

#include "protocols/net/http_client.hpp"

namespace tplink::tapo {

struct SessionCookie {
    std::string pair; ///< what goes back: "TP_SESSIONID=..."; TIMEOUT never does
    /// After this the session is to be renewed: 20 minutes before its end, as device clocks drift.
    std::chrono::seconds renew_after{0};
};

/// The TP_SESSIONID (some firmwares: SESSIONID) among the Set-Cookie headers; nothing when there is none.
/// TIMEOUT up to 2880 counts minutes (AES firmwares send 1440 for a day), above that seconds (KLAP sends
/// 86400).
std::optional<SessionCookie> session_cookie(const net::HttpResponse& response);

} // namespace tplink::tapo
