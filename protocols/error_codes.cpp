#include "protocols/error_codes.hpp"

#include <algorithm>
#include <iterator>

namespace tplink {
namespace {

using enum Errc;

constexpr unsigned kLogin = 1U << static_cast<unsigned>(Dialect::camera_login);
constexpr unsigned kCamera = 1U << static_cast<unsigned>(Dialect::camera);
constexpr unsigned kSmart = 1U << static_cast<unsigned>(Dialect::smart);
constexpr unsigned kMedia = 1U << static_cast<unsigned>(Dialect::media);
constexpr unsigned kIot = 1U << static_cast<unsigned>(Dialect::iot);
constexpr unsigned kAll = kLogin | kCamera | kSmart | kMedia;

struct Row {
    int code;
    unsigned dialects;
    Errc errc;
    std::string_view meaning;
};

// The first row that fits wins. sources: "Error codes" of camera.md, smart.md, kasa.md and port8800.md.
constexpr Row kTable[] = {
    // The IOT language
    {-1, kIot, unsupported, "module not supported"},
    {-2, kIot, unsupported, "command not supported"},
    {-3, kIot, refused, "invalid argument"},
    {-14, kIot, refused, "no such entry or socket"},
    {-10008, kIot, unsupported, "not supported on port 9999"},
    // Sessions
    {-40401, kLogin, auth_failed, "wrong password for this camera"},
    {-40401, kAll, session_expired, "session expired"},
    {-40409, kAll, session_expired, "nonce expired"},
    {-40413, kAll, session_expired, "nonce no longer valid"},
    {-40418, kAll, session_expired, "session not authenticated"},
    {-40420, kAll, session_expired, "signature refused"},
    {-40421, kAll, session_expired, "session token refused"},
    {-2203, kSmart, session_expired, "access refused"},
    {9999, kAll, session_expired, "session timed out"},
    {1000, kSmart, session_expired, "no session"},
    {1001, kSmart, session_expired, "request cancelled by the device"},
    {1002, kAll, session_expired, "session or transport not available"},
    {1100, kSmart, session_expired, "handshake failed"},
    {1111, kSmart, session_expired, "login failed"},
    {1112, kAll, session_expired, "request failed inside the device"},
    {1200, kSmart, session_expired, "batch failed inside the device"},
    {-1001, kSmart | kMedia, refused, "device reports a failure without a reason"},
    {-1001, kAll, session_expired, "session timed out"},
    {-1005, kSmart, session_expired, "device could not decrypt the request"},
    {-1101, kSmart, session_expired, "session parameter wrong"},
    {-1, kCamera, session_expired, "signature check failed"},
    {-1, kSmart | kLogin | kMedia, refused, "device refused the request"},
    // Accounts
    {-40411, kAll, auth_failed, "unknown user name or wrong password"},
    {-60502, kAll, auth_failed, "unknown user name"},
    {-40412, kAll, auth_failed, "HomeKit login failed"},
    {-40414, kAll, auth_failed, "camera asks for its local password"},
    {-1501, kSmart | kLogin, auth_failed, "wrong account or password"},
    {-2101, kSmart, auth_failed, "account not accepted"},
    {-90000, kAll, auth_failed, "device has no password set"},
    {-90001, kAll, auth_failed, "device has no password set"},
    {-40404, kAll, locked_out, "logins are blocked after too many wrong passwords"},
    {-40408, kAll, locked_out, "logins are blocked after too many wrong passwords"},
    // Things the device does not know
    {1003, kAll, unsupported, "device speaks another protocol"},
    {-40211, kLogin, unsupported, "camera wants the newer TPAP login"},
    {-40105, kAll, unsupported, "method not supported"},
    {-40106, kAll, unsupported, "method not supported"},
    {-40101, kAll, unsupported, "no such section or field"},
    {-40210, kAll, unsupported, "method does not exist"},
    {40210, kAll, unsupported, "method does not exist"},
    {-1002, kAll, unsupported, "unknown method"},
    {-1003, kSmart, unsupported, "device cannot read the request"},
    {-1007, kSmart, refused, "device cannot reach its cloud"},
    // Our requests
    {-40209, kAll, refused, "invalid arguments"},
    {-40211, kAll, refused, "a necessary parameter is missing"},
    {-40109, kAll, refused, "same request repeated within a second"},
    {-1006, kSmart, refused, "request too long"},
    {-1008, kSmart, refused, "invalid parameters"},
    {-1008, kAll, unsupported, "invalid parameters"},
    {-1010, kSmart, refused, "public key not accepted"},
    {-1012, kSmart, refused, "terminal id missing or invalid"},
    {-1301, kSmart, refused, "device is busy; too many requests"},
    {-1401, kSmart, refused, "firmware update failed"},
    {-1402, kSmart, refused, "firmware update failed"},
    {-1601, kSmart, refused, "time not accepted"},
    {-1602, kSmart, refused, "time not accepted"},
    {-1603, kSmart, refused, "time not accepted"},
    {-1701, kSmart, refused, "wireless failure"},
    {-1702, kSmart, refused, "wireless failure"},
    {-1801, kSmart, refused, "schedule not accepted"},
    {-1802, kSmart, refused, "schedule not accepted"},
    {-1803, kSmart, refused, "schedule not accepted"},
    {-1804, kSmart, refused, "schedule not accepted"},
    {-1805, kSmart, refused, "schedule not accepted"},
    {-1901, kSmart, refused, "timer not accepted"},
    {-1902, kSmart, refused, "another timer is set; only one is possible"},
    {-1903, kSmart, refused, "timer not accepted"},
    {-2001, kSmart, refused, "away mode not accepted"},
    {-2002, kSmart, refused, "away mode not accepted"},
    {-2003, kSmart, refused, "away mode not accepted"},
    {-2201, kSmart, refused, "no statistics"},
    {-2202, kSmart, refused, "no statistics"},
    // States of a camera
    {-40108, kAll, timeout, "device or its child did not answer in time"},
    {40108, kAll, timeout, "device or its child did not answer in time"},
    {-64324, kAll, refused, "privacy mode is on"},
    {-64303, kAll, refused, "motor is busy"},
    {-64304, kAll, refused, "end of the pan or tilt range"},
    {-64302, kAll, refused, "preset not found"},
    {-64321, kAll, refused, "preset was deleted"},
    {-64306, kAll, refused, "list of presets is full"},
    {-64305, kAll, refused, "camera is moving; preset not stored"},
    {-64336, kAll, refused, "position lies in a private area"},
    {-90404, kAll, refused, "battery too low for the update"},
    {-72101, kAll, refused, "hard-wired chime not found"},
    {72102, kAll, refused, "quick response not found"},
    // Viewers, recordings, storage
    {-2001, kMedia, auth_failed, "camera could not decrypt the stream data"},
    {-52402, kAll, refused, "recording request not valid"},
    {-52405, kAll, refused, "too many requests; device in use"},
    {-52407, kAll, refused, "too many viewers at the camera"},
    {-52411, kAll, refused, "somebody else is talking through the camera"},
    {-52417, kAll, refused, "recording session is occupied"},
    {-52419, kAll, refused, "too many clients on the control port"},
    {-52423, kAll, refused, "audio parameters not accepted"},
    {-52435, kAll, refused, "recording sessions are full"},
    {-52212, kAll, refused, "relay quota used up"},
    {-52409, kAll, refused, "no SD card"},
    {-52422, kAll, refused, "SD card cannot be used"},
    {-71114, kAll, refused, "no storage"},
    {-71115, kAll, refused, "storage is still loading"},
    {-71101, kAll, refused, "list of user ids is full"},
    {-71102, kAll, refused, "user id is taken"},
    {-71103, kAll, refused, "user id is not valid"},
    {-71105, kAll, refused, "search of recordings failed"},
};

// What a lockout lasts when the device does not tell. source: camera.md, "Lockout".
constexpr std::chrono::seconds kUsualLockout{1800};

// How long the video port wants to be left alone. source: port8800.md, "Error codes"; for the two of recordings and for
// privacy no time is known.
struct Pause {
    int code;
    std::chrono::seconds time;
};
constexpr Pause kPauses[] = {{-52405, std::chrono::seconds(4)},
                             {-52407, std::chrono::seconds(30)},
                             {-52417, std::chrono::seconds(10)},
                             {-52435, std::chrono::seconds(10)},
                             {-64324, std::chrono::seconds(30)}};

const Row* find_row(Dialect dialect, int code) {
    const unsigned wanted = 1U << static_cast<unsigned>(dialect);
    const auto* row = std::find_if(std::begin(kTable), std::end(kTable), [&](const Row& each) {
        return each.code == code && (each.dialects & wanted) != 0;
    });
    return row == std::end(kTable) ? nullptr : row;
}

} // namespace

Errc errc_of(Dialect dialect, int code) {
    const Row* row = find_row(dialect, code);
    return row == nullptr ? refused : row->errc;
}

std::string_view meaning_of(Dialect dialect, int code) {
    const Row* row = find_row(dialect, code);
    return row == nullptr ? std::string_view{} : row->meaning;
}

Error device_error(Dialect dialect, int code, std::string_view context) {
    const std::string_view meaning = meaning_of(dialect, code);
    Error error{errc_of(dialect, code), std::string(context), code, {}};
    error.what += ": ";
    error.what += meaning.empty() ? "device refused the request" : meaning;
    error.what += " (error " + std::to_string(code) + ")";
    if (error.code == locked_out) error.retry_after = kUsualLockout;
    if (dialect == Dialect::media)
        for (const Pause& pause : kPauses)
            if (pause.code == code) error.retry_after = pause.time;
    return error;
}

bool is_stale_user(int code) { return code == -71103 || code == -71105; }
bool is_no_recording(int code) { return code == -52402; }
bool is_recording_busy(int code) { return code == -52405 || code == -52417 || code == -52435; }

} // namespace tplink
