#pragma once
// The JSON parts of port 8800.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/result.hpp"
#include "protocols/stream/media_source.hpp"
#include "protocols/stream/part_reader.hpp"

namespace tplink::stream {

/// The body of the part that asks for live video.
std::string preview_request(const MediaEndpoint& endpoint, unsigned seq);

/// The body of the part that asks for the speaker, full duplex with echo cancellation.
std::string talk_request(unsigned seq);

/// The body of the part that ends a session.
std::string stop_request(unsigned seq);

/// Headers of a client's part beside type and length, in order.
using PartHeaders = std::vector<std::pair<std::string, std::string>>;

/// A whole part, delimiter and headers around `json`.
std::string client_part(std::string_view json, const PartHeaders& headers = {});

/// A whole part with bytes of another type, not encrypted: the camera takes that.
Buffer client_media_part(Bytes body, std::string_view content_type, std::string_view session_id);

/// X-Data-PTS, in milliseconds; nothing when the part has none.
std::optional<std::int64_t> clock_of(const Part& part);

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
