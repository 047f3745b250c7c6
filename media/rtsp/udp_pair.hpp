#pragma once
// Two neighbouring UDP ports of one track: RTP on the even one, RTCP on the next.

#include <netinet/in.h>

#include <cstdint>
#include <optional>

#include "protocols/base/bytes.hpp"

namespace tplink::media::rtsp {

/// Closes what it holds.
class Socket {
public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Socket& operator=(Socket&& other) noexcept;
    ~Socket();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

struct UdpPair {
    Socket rtp, rtcp;
    std::uint16_t port = 0; ///< of rtp
};

/// Bound to the address the viewer reached us by. Nothing when no pair is free.
std::optional<UdpPair> open_udp_pair(const sockaddr_storage& local);

/// Text of an address without port: "192.168.1.5", IPv4 in IPv6 form as IPv4.
std::string address_text(const sockaddr_storage& address);
sockaddr_storage with_port(sockaddr_storage address, std::uint16_t port);

}  // namespace tplink::media::rtsp
