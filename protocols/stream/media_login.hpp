#pragma once
// From nothing to the 200 of port 8800.

#include <memory>
#include <optional>

#include "protocols/net/tcp_stream.hpp"
#include "protocols/stream/http_head.hpp"
#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

struct OpenSession {
    std::unique_ptr<net::TcpStream> stream;
    Buffer received; ///< came behind the head in the same segment: the part stream begins with it
    ResponseHead head;
    std::optional<Secret> accepted; ///< what the Digest took; nothing when the camera asked for no login
};

/// Connects, answers the Digest challenge. Two wrong passwords at most are ever sent: the two hashes of the
/// one given. query: of the target, beside the id of a hub's child. errors: as MediaSource::open().
Result<OpenSession> log_in(const MediaEndpoint& endpoint, net::TcpConnector& connector, RandomBytes& random,
                           std::string_view query = {});

} // namespace tplink::stream
