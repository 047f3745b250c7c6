#pragma once
// Shapes of camera requests and replies. Pure. Source: camera.md, "Envelopes".

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/session.hpp"

namespace tplink::tapo {

/// "get", "set", "do": go bare, never in a batch.
bool is_old_style(const Request& request);

/// The same in the old style, for cameras that know no other: "getLensMaskConfig" {..} is get {..}, set... is set, the rest
/// is do. The payload is the same in both.
Request to_old_style(const Request& request);
/// {"method":"get","lens_mask":{...}}
json::object old_style_request(const Request& request);
/// The reply of one without its error_code; or the error that says.
Answer old_style_answer(const Request& request, const json::object& reply);

/// multipleRequest of the requests with these indices.
json::object batch_request(std::span<const Request> requests, const std::vector<std::size_t>& which);

/// `request` (a multipleRequest) for a child of a hub, in the one form hubs take: a batch of one
/// controlChild.
json::object child_request(std::string_view child, json::object request);
/// What the child answered to it; the hub's own refusal when it did not pass the request on.
json::object child_reply(const json::object& reply);

/// Puts each response where it belongs: by method name; for one method asked twice by the module and section
/// its result shows, else in order. What the reply leaves out stays empty. errors: malformed without a list
/// of responses.
Result<void> place_responses(const json::object& reply, std::span<const Request> requests,
                             const std::vector<std::size_t>& which,
                             std::vector<std::optional<Answer>>& slots);

} // namespace tplink::tapo
