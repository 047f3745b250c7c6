#pragma once
// The one result type: what can go wrong outside the program is a value, and its code is the decision to take.

#include <chrono>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tplink {

/// What the caller has to do about a failure (design: style part 2, "Errors").
enum class Errc {
    unreachable,      ///< no connection: back off
    timeout,          ///< connected, no answer in time: back off
    cancelled,        ///< we were asked to stop: leave quietly
    auth_failed,      ///< credentials refused: stop until a human changes something
    certificate_changed,  ///< TLS device shows another certificate than the pinned one: a human must confirm
    locked_out,       ///< device refuses all logins for `retry_after`: send nothing until then
    session_expired,  ///< log in again, once
    unsupported,      ///< this device does not know the request: do not ask again
    refused,          ///< understood and declined (busy, privacy on, out of range): report
    malformed,        ///< bytes that make no sense: report once, keep the last value
    cloud_disabled,   ///< only the vendor's cloud can do it, and the user did not allow that
};

/// Stable lower-case name of a code, e.g. "auth_failed".
std::string_view to_string(Errc code);

struct Error {
    Errc code{};
    std::string what;                     ///< one sentence with context: "setLedStatus: enabled: not on or off"
    int device_code = 0;                  ///< the device's own error_code, 0 when none
    std::chrono::seconds retry_after{0};  ///< locked_out: how long; else 0
    bool aside = false;                   ///< a second way to the device failed; says nothing about its own health
};

template <class T> using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Errc code, std::string what, int device_code = 0) {
    return tl::unexpected(Error{code, std::move(what), device_code, std::chrono::seconds{0}, false});
}

/// Puts "context: " in front of the error's sentence; code and numbers stay.
inline tl::unexpected<Error> fail_in(std::string_view context, Error error) {
    error.what.insert(0, std::string(context) + ": ");
    return tl::unexpected(std::move(error));
}

}  // namespace tplink

#define TRY_CONCAT_INNER(a, b) a##b
#define TRY_CONCAT(a, b) TRY_CONCAT_INNER(a, b)
#define TRY_WITH(r, expr)                                                                                              \
    __extension__({                                                                                                    \
        auto&& r = (expr);                                                                                             \
        if (!r) return tl::unexpected(std::move(r).error());                                                           \
        std::move(r).value();                                                                                          \
    })
/// Yields the value of a Result, or returns its error from the enclosing function. For Result<void> use TRY_VOID.
#define TRY(expr) TRY_WITH(TRY_CONCAT(try_result_, __COUNTER__), expr)
#define TRY_VOID_WITH(r, expr)                                                                                         \
    do {                                                                                                               \
        if (auto&& r = (expr); !r) return tl::unexpected(std::move(r).error());                                        \
    } while (false)
#define TRY_VOID(expr) TRY_VOID_WITH(TRY_CONCAT(try_result_, __COUNTER__), expr)
