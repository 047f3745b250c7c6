#pragma once
// One login and cipher under the JSON that plugs and cameras speak.

#include <string>
#include <string_view>

#include "protocols/base/result.hpp"

namespace tplink::tapo {

/// Carries JSON texts to one device. Blocking; one thread, except cancel(). It neither retries nor renews:
/// that is the Exchange's decision.
class Transport {
public:
    virtual ~Transport() = default;

    /// A fresh login; a former session is forgotten.
    /// errors: auth_failed, locked_out; unsupported when the device wants another transport (device_code is
    /// its HTTP
    ///         status or error_code); unreachable, timeout, cancelled, refused, malformed.
    virtual Result<void> login() = 0;

    /// False before the first login and when the session is known to have run out.
    virtual bool ready() const = 0;

    /// One plain JSON text there, one back. Only while ready().
    /// errors: session_expired when the device dropped the session or its reply does not decrypt; else as
    /// login().
    virtual Result<std::string> exchange(std::string_view plain) = 0;

    virtual std::string_view name() const = 0;

    /// From any thread, sticky.
    virtual void cancel() = 0;
};

} // namespace tplink::tapo
