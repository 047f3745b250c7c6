#pragma once
// A two-way byte stream with deadlines, for what HTTP libraries cannot hold: endless bodies in both directions.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::net {

/// Blocking; one reader thread and one writer thread at most; cancel() from any.
class TcpStream {
public:
    virtual ~TcpStream() = default;

    /// Reads at least one byte into `out`, at most all of it. 0 bytes: the peer closed.
    /// errors: timeout when nothing came within `timeout`; unreachable on reset; cancelled.
    virtual Result<std::size_t> read_some(std::span<std::byte> out, std::chrono::milliseconds timeout) = 0;
    /// Writes all of `data`. errors: timeout, unreachable, cancelled.
    virtual Result<void> write_all(Bytes data, std::chrono::milliseconds timeout) = 0;
    /// Sticky: running and later calls end with `cancelled`.
    virtual void cancel() = 0;
};

/// Opens connections; cancel() also frees a connect in progress. Not copied: owned beside the stream it makes.
class TcpConnector {
public:
    virtual ~TcpConnector() = default;
    /// `host`: IPv4/IPv6 address, or a name (resolved first, not cancellable). TCP_NODELAY is set.
    /// errors: unreachable, timeout, cancelled.
    virtual Result<std::unique_ptr<TcpStream>> connect(const std::string& host, std::uint16_t port,
                                                       std::chrono::milliseconds timeout) = 0;
    /// Sticky; also cancels every stream this connector made.
    virtual void cancel() = 0;
};

std::unique_ptr<TcpConnector> make_tcp_connector();

/// The same over TLS for devices: TLS 1.0 and up, static RSA too, any certificate unless one is pinned. Reading and
/// writing must happen on one thread. errors besides: certificate_changed.
std::unique_ptr<TcpConnector> make_tls_connector(std::string certificate_sha256 = "");

}  // namespace tplink::net
