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
    media,        ///< JSON parts and HTTP 503 bodies of port 8800
};

/// Decision for a code other than 0; unknown codes are `refused`.
Errc errc_of(Dialect dialect, int code);

/// What a person should read; empty for codes that are not in the table.
std::string_view meaning_of(Dialect dialect, int code);

/// "<context>: <meaning> (error <code>)" with the decision, the number and, for locked_out, the usual time.
Error device_error(Dialect dialect, int code, std::string_view context);

} // namespace tplink
