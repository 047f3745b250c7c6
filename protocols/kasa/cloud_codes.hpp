#pragma once
// What the cloud's and the cameras' numbers ask the caller to do. No such number appears anywhere else.

#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink::kasa {

/// What a client must do about an answer of the cloud. source: cloud.md, "Answers and what to do".
enum class CloudClass {
    ok,
    token,           ///< refresh once, else log in once, then repeat the call once
    token_squeezed,  ///< another login took the token: log in once; again within 10 minutes: pause for 15
    relogin,         ///< the refresh token is gone: log in
    auth,            ///< account or password refused: stop until the configuration changes, or for 24 h
    locked,          ///< the account is locked: the same
    mfa,             ///< a code is needed, or the one given was wrong: stop until there is one
    config,          ///< our application keys or version are not accepted any more: stop
    redirect,        ///< another server is responsible: once, and only an allow-listed one
    rate_limit,      ///< back off 1, 2, 4 .. 60 minutes, for every call of the account
    offline,         ///< the camera is not connected to this cloud
    device,          ///< the camera is not this account's: permanent
    retry,           ///< the cloud or the camera is slow or broken: again a little later
    permanent,       ///< our request is wrong
};

/// Unknown codes are `permanent`: repeating them helps nobody.
CloudClass cloud_class(int code);
/// For a person; empty when not in the table.
std::string_view cloud_meaning(int code);

namespace cloud_code {
inline constexpr int kSqueezed = -20675;
inline constexpr int kMfaNeeded = -20677;
inline constexpr int kRateLimit = -20004;
inline constexpr int kBusy = -20003;
}  // namespace cloud_code

/// Decision for a camera's err_code, local or by cloud: auth_failed, unsupported, timeout (transient: once more), refused.
Errc device_errc(int code);
std::string_view device_meaning(int code);

}  // namespace tplink::kasa
