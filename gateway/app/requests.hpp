#pragma once
// What bridge/request/<what> and the API can be asked to do, beside commands to devices.

#include "gateway/app/parts.hpp"
#include "gateway/web/backend.hpp"

namespace tplink::gateway {

/// Blocking, at most about 10 s. errors: 400 a bad body, 404 no such device or request, 409 it cannot be done as things
/// stand, those of to_web_error() when a device fails.
WebResult<json::value> run_request(const Parts& parts, const std::string& what, const json::object& body);

}  // namespace tplink::gateway
