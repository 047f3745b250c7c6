#include "protocols/stream/media_source.hpp"

#include "protocols/stream/kasa_source.hpp"
#include "protocols/stream/tapo_source.hpp"

namespace tplink::stream {

std::unique_ptr<MediaSource> make_media_source(const MediaEndpoint& endpoint,
                                               std::unique_ptr<net::TcpConnector> connector,
                                               RandomBytes& random) {
    if (endpoint.scheme == Scheme::kasa) return make_kasa_source(endpoint, net::make_tls_connector());
    return make_tapo_source(endpoint, std::move(connector), random);
}

} // namespace tplink::stream
