#pragma once
// Kasa cameras: live video from HTTPS 19443, speech to HTTPS 18443. Source: kasa_stream.md.

#include "protocols/stream/media_source.hpp"
#include "protocols/stream/talk_session.hpp"

namespace tplink::stream {

/// For scheme `kasa`; the connector must speak TLS (make_tls_connector). Gives h264 and pcmu parts.
std::unique_ptr<MediaSource> make_kasa_source(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector);

/// Takes u-law frames. endpoint.talk_port: 0 is 18443.
std::unique_ptr<TalkSession> make_kasa_talk(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector, RandomBytes& random);

/// Forms of the account's password, in the order the video port is asked with.
std::vector<Secret> kasa_video_secrets(const Secret& password);
/// Value of an Authorization header.
std::string kasa_basic(const std::string& user, const Secret& secret);

}  // namespace tplink::stream
