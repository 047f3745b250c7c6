// What an RTSP client sends: requests, transports, credentials, and RTP on the way back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp/rtp_packet.hpp"
#include "media/rtsp/auth.hpp"
#include "media/rtsp/message.hpp"

using namespace tplink::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const rtsp::Auth auth({"user", tplink::Secret("password")}, "nonce");
    const tplink::Bytes bytes = std::as_bytes(std::span(data, size));
    rtsp::RequestReader reader;
    for (std::size_t at = 0; at < size; at += 37) {
        reader.feed(bytes.subspan(at, std::min<std::size_t>(37, size - at)));
        while (const auto message = reader.next()) {
            if (const auto* frame = std::get_if<rtsp::Frame>(&*message)) {
                rtp::parse_packet(frame->bytes);
                continue;
            }
            const auto& request = std::get<rtsp::Request>(*message);
            if (auth.admits(request.method, request.header("authorization"))) std::abort();
            if (const auto transport = rtsp::parse_transport(request.header("transport")); transport && !transport->tcp && transport->client_port == 0) std::abort();
            if (rtsp::parse_target(request.url).path.empty()) std::abort();
            if (request.body.size() > rtsp::RequestReader::kMaxBody) std::abort();
        }
        if (reader.is_broken()) return 0;
    }
    const auto packet = rtp::parse_packet(bytes);
    if (packet && packet->payload.size() > size) std::abort();
    return 0;
}
