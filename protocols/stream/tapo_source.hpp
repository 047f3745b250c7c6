#pragma once
// Live video of port 8800 as a MediaSource.

#include "protocols/stream/media_source.hpp"

namespace tplink::stream {

/// For schemes `tapo` and `vigi`; make_media_source() chooses.
std::unique_ptr<MediaSource> make_tapo_source(const MediaEndpoint& endpoint,
                                              std::unique_ptr<net::TcpConnector> connector, RandomBytes& random);

}  // namespace tplink::stream
