#pragma once
// Port 9999 over TCP: no login, one connection that is kept. Source: kasa.md, "TCP 9999".

#include <memory>
#include <string>

#include "protocols/net/tcp_stream.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::kasa {

class XorTransport final : public tapo::Transport {
public:
    static constexpr std::chrono::milliseconds kReplyTimeout{10000};

    XorTransport(std::unique_ptr<net::TcpConnector> connector, std::string host, std::uint16_t port);

    /// How long an answer is waited for.
    void set_reply_timeout(std::chrono::milliseconds timeout) { reply_timeout_ = timeout; }

    /// Connects; there is no account.
    Result<void> login() override;
    bool ready() const override { return stream_ != nullptr; }
    /// A kept connection the device closed meanwhile is opened again and the request repeated once, provided
    /// that no byte of a reply had come.
    Result<std::string> exchange(std::string_view plain) override;
    std::string_view name() const override { return "xor"; }
    void cancel() override { connector_->cancel(); }

private:
    Result<std::string> exchange_once(Bytes frame, bool& begun);
    Result<std::size_t> read_at_least(std::size_t whole, std::size_t filled, std::span<std::byte> room, bool& begun);

    std::unique_ptr<net::TcpConnector> connector_; ///< cancelling it frees its streams too
    std::string host_;
    std::uint16_t port_;
    std::unique_ptr<net::TcpStream> stream_;
    std::chrono::milliseconds reply_timeout_ = kReplyTimeout;
    bool used_ = false; ///< the connection has carried a request
};

} // namespace tplink::kasa
