#pragma once
// The JSON parts of port 8800.

#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/result.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

/// The body of the part that asks for live video.
std::string preview_request(const MediaEndpoint& endpoint, unsigned seq);

/// The body of the part that ends a session.
std::string stop_request(unsigned seq);

/// A whole part, delimiter and headers around `json`. session_id: empty for none.
std::string client_part(std::string_view json, std::string_view session_id);

/// `error_code` of a body, at the top or inside `params`; a number or digits in a string.
std::optional<int> find_error_code(std::string_view json);

/// What a JSON part of the camera means for a live session.
struct Message {
    bool granted = false;   ///< the response to our request, without error
    std::string session_id; ///< of that response
};

/// errors: malformed: no JSON, ignore it. Anything else ends the session: a refusal, or the camera ended the
/// stream.
Result<Message> read_message(std::string_view json);

} // namespace tplink::stream
