#pragma once
// Tries a login for a person who waits for it, and tells how far it came.

#include "gateway/app/parts.hpp"
#include "gateway/web/backend.hpp"

namespace tplink::gateway {

/// body: a devices[] entry, and `token`: each step is told as the event "probe" {"token","text","ok"} when it happens.
/// Answers {"ok","steps":[{"text","ok"}],"device":{"name","model","mac","family","transport"} or null,"hint"}. A device that
/// refuses is an answer, not an error. errors: 400 for a bad entry. One attempt with the password, or one for each of its forms
/// where a camera does not tell which it holds; never more.
WebResult<json::value> test_login(const Parts& parts, const json::object& body);

}  // namespace tplink::gateway
