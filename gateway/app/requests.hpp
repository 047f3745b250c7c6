#pragma once
// What `bridge/request/...` and the page's administrative calls can do (public: contract section 4).

#include "gateway/app/parts.hpp"
#include "gateway/mqtt/commands.hpp"

namespace tplink::gateway {

/// Runs one request to its end; may take seconds. errors: one sentence for the caller.
Result<json::value> run_request(const Parts& parts, const std::string& what, const json::object& body);

}  // namespace tplink::gateway
