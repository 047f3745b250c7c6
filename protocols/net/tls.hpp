#pragma once
// TLS over a non-blocking socket. Used inside protocols/net only.

#include <memory>
#include <string>

#include "protocols/net/http_client.hpp"
#include "protocols/net/socket_io.hpp"

namespace tplink::net {

/// What a connection must speak and whom it must meet.
struct TlsSettings {
    Tls kind = Tls::device;
    std::string host;               ///< Tls::public_: the name the certificate must carry
    std::string certificate_sha256; ///< Tls::device: lower hex of the pinned leaf; empty accepts any
    std::string ca_file; ///< Tls::public_: authorities instead of the system's; empty: the system's
    std::string_view ca_pem{}; ///< Tls::public_: more authorities beside the system's; not with `ca_file`
};

/// One TLS client connection over a socket it does not own. Not thread-safe.
class TlsChannel {
public:
    /// Shakes hands. `seen_sha256` receives the leaf's digest as soon as it is known, also when it is then
    /// refused. errors: unreachable (no common cipher named as such), timeout, cancelled; certificate_changed
    /// for a foreign certificate.
    static Result<TlsChannel> connect(int fd, const TlsSettings& settings, Deadline deadline,
                                      const CancelEvent& cancel, std::string& seen_sha256);
    TlsChannel(TlsChannel&&) noexcept;
    TlsChannel& operator=(TlsChannel&&) noexcept;
    ~TlsChannel();

    /// As receive_some() and send_all().
    Result<std::size_t> receive_some(std::span<std::byte> out, Deadline deadline, const CancelEvent& cancel);
    Result<void> send_all(Bytes data, Deadline deadline, const CancelEvent& cancel);

private:
    struct State;
    explicit TlsChannel(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace tplink::net
