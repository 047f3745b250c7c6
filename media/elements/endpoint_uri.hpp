#pragma once
// tapo:// and vigi:// addresses of a camera's video port.

#include <string>

#include "protocols/base/result.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::media {

/// `tapo://[user[:password]@]host[:port][/hd|/sd][?audio=0|1&channel=N]`; user and password may be %-escaped. Without a
/// password in the address it comes by property. errors: malformed, with the sentence for the user.
Result<stream::MediaEndpoint> parse_endpoint_uri(const std::string& uri);

/// The same as text, without user and password.
std::string format_endpoint_uri(const stream::MediaEndpoint& endpoint);

}  // namespace tplink::media
