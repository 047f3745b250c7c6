#pragma once
// The way to one browser that ICE found, for packets that do not go through the pipeline.

#include <sys/socket.h>

#include <mutex>
#include <optional>

#include "media/gst_ptr.hpp"
#include "media/rtp/srtp.hpp"
#include "media/webrtc/sender.hpp"

namespace tplink::media::webrtc {

/// Datagrams straight to the socket, many in one call; over TCP through libnice.
class NiceRoute final : public PacketOut {
public:
    /// Of a connected webrtcbin with one transport. errors: refused (it has no connected transport).
    static Result<std::shared_ptr<NiceRoute>> find(GstElement* webrtcbin);
    ~NiceRoute() override;
    NiceRoute(const NiceRoute&) = delete;
    NiceRoute& operator=(const NiceRoute&) = delete;

    std::size_t send(Bytes bytes, std::span<const std::size_t> sizes) override;
    /// Looks up anew which pair of addresses is used: ICE may change its mind.
    void refresh();

private:
    NiceRoute() = default;
    std::size_t send_by_agent(Bytes bytes, std::span<const std::size_t> sizes);
    std::size_t send_datagrams(Bytes bytes, std::span<const std::size_t> sizes);

    GPtr<GObject> agent_;
    guint stream_ = 0, component_ = 0;
    gulong handler_ = 0;
    std::mutex refreshing_;  ///< an older pair must not be put over a newer one; never taken by send()
    std::mutex mutex_;       // guards everything below
    int fd_ = -1;       ///< a copy of the agent's UDP socket: that one may be closed while we send; -1: not UDP
    sockaddr_storage to_{};
    bool segments_ = true;  ///< the kernel cuts one large write into datagrams
};

/// What the DTLS handshake agreed on for what we send. errors: refused (not agreed yet), unsupported (another cipher).
Result<rtp::SrtpKeys> sending_keys(GstElement* webrtcbin);

}  // namespace tplink::media::webrtc
