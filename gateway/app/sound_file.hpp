#pragma once
// Where the sound of a request comes from.

#include <boost/json/object.hpp>
#include <string>

#include "protocols/base/result.hpp"
#include "protocols/net/egress.hpp"

namespace tplink::gateway {

struct SoundFile {
    std::string bytes;
    std::string content_type;
};

/// "http://host:port/path?query" taken apart. errors: malformed with the sentence for the user.
struct WebAddress {
    bool tls = false;
    std::string host;
    std::uint16_t port = 80;
    std::string path = "/";
};
Result<WebAddress> parse_web_address(std::string_view url);

/// in: {"url"} of a server, or {"file"} on this machine; at most 16 MB. A server outside of the house is asked
/// through `guard`. errors: malformed, unreachable, refused, each with a sentence for the user.
Result<SoundFile> load_sound(const boost::json::object& body, net::EgressGuard& guard);

}  // namespace tplink::gateway
