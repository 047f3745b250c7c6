#pragma once
// The one table that says what a device's error_code asks the caller to do. No such number appears anywhere
// else.

#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink {

/// Who said the number: a few mean different things in different mouths.
enum class Dialect {
    camera_login, ///< answers to a camera's `login`
    camera,       ///< answers on a camera's /stok=.../ds
    smart,        ///< SMART plugs: AES, KLAP v2, TPAP; their login too
    iot,          ///< Kasa's module/command language, on port 9999 and under KLAP
    media,        ///< JSON parts and HTTP 503 bodies of port 8800
};

/// Numbers that steer a protocol, by name.
namespace code {
inline constexpr int kOk = 0;
inline constexpr int kFailed = -1;
inline constexpr int kJsonDecode = -1003;        ///< plug, on multipleRequest: an old P100 that cannot batch
inline constexpr int kUnspecific = -1001;      ///< plug: worth one more try a moment later
inline constexpr int kRateLimit = -1301;       ///< plug: asked too much; wait 1 s, doubling to 60
inline constexpr int kRequestTooLong = -1006;
inline constexpr int kBusy = -1301;              ///< plug: asked too often
inline constexpr int kBadParameters = -1008;
inline constexpr int kWrongTransport = 1003;     ///< plug asked by AES that wants KLAP or TPAP; no camera API here
inline constexpr int kSessionExpired = -40401;   ///< camera: also a wrong password when logging in
inline constexpr int kBlocked = -40404;
inline constexpr int kSystemBlocked = -40408;
inline constexpr int kBadArguments = -40209;     ///< camera: also a user name's form that TPAP does not know
inline constexpr int kBadEnvelope = -40210;      ///< camera: method unknown, or the whole envelope refused
inline constexpr int kParameterMissing = -40211; ///< camera: on the login probe, the sign of TPAP
inline constexpr int kUnknownUser = -40411;      ///< camera: user name or password unknown to L1
inline constexpr int kInvalidNonce = -40413;     ///< camera: the good answer to the login probe of L3
inline constexpr int kTooSoon = -40109;          ///< camera: the same request within a second
inline constexpr int kMotorBusy = -64303;        ///< it cruises or patrols; a stop ends that
inline constexpr int kEndOfRange = -64304;       ///< motor at its end: done as far as possible, no failure
} // namespace code

/// Decision for a code other than 0; unknown codes are `refused`.
Errc errc_of(Dialect dialect, int code);

/// What a person should read; empty for codes that are not in the table.
std::string_view meaning_of(Dialect dialect, int code);

/// "<context>: <meaning> (error <code>)" with the decision, the number and, for locked_out, the usual time.
Error device_error(Dialect dialect, int code, std::string_view context);

/// Recordings: the user id of a search is not good (any more), a new one may be.
bool is_stale_user(int code);
/// Recordings: the card holds no such one.
bool is_no_recording(int code);
/// Recordings: somebody else fetches one; a little later it may be our turn.
bool is_recording_busy(int code);

} // namespace tplink
