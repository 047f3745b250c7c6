#include <atomic>
#include <sys/socket.h>

#include "protocols/net/tcp_stream.hpp"
#include "protocols/net/tls.hpp"

namespace tplink::net {
namespace {

class TlsStream final : public TcpStream {
public:
    TlsStream(OwnedFd fd, TlsChannel channel, std::shared_ptr<CancelEvent> cancel)
        : fd_(std::move(fd)), channel_(std::move(channel)), cancel_(std::move(cancel)) {}

    Result<std::size_t> read_some(std::span<std::byte> out, std::chrono::milliseconds timeout) override {
        return unless_cancelled(channel_.receive_some(out, deadline_in(timeout), *cancel_));
    }
    Result<void> write_all(Bytes data, std::chrono::milliseconds timeout) override {
        return unless_cancelled(channel_.send_all(data, deadline_in(timeout), *cancel_));
    }
    /// As with plain streams: a socket that was shut down wakes poll().
    void cancel() override {
        cancelled_ = true;
        ::shutdown(fd_.get(), SHUT_RDWR);
    }

private:
    template <class T> Result<T> unless_cancelled(Result<T> result) const {
        if (cancelled_) return fail(Errc::cancelled, "cancelled");
        return result;
    }

    OwnedFd fd_;  // before the channel, which says goodbye through it
    TlsChannel channel_;
    std::shared_ptr<CancelEvent> cancel_;
    std::atomic<bool> cancelled_ = false;
};

class TlsConnector final : public TcpConnector {
public:
    explicit TlsConnector(std::string pin) : pin_(std::move(pin)) {}

    Result<std::unique_ptr<TcpStream>> connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout) override {
        const Deadline deadline = deadline_in(timeout);
        OwnedFd fd = TRY(connect_tcp(host, port, deadline, *cancel_));
        const TlsSettings settings{Tls::device, host, pin_, "", {}};
        std::string seen;
        auto channel = TlsChannel::connect(fd.get(), settings, deadline, *cancel_, seen);
        if (!channel) return tl::unexpected(std::move(channel).error());
        return std::make_unique<TlsStream>(std::move(fd), std::move(*channel), cancel_);
    }
    void cancel() override { cancel_->set(); }

private:
    const std::string pin_;
    std::shared_ptr<CancelEvent> cancel_ = std::make_shared<CancelEvent>();
};

}  // namespace

std::unique_ptr<TcpConnector> make_tls_connector(std::string certificate_sha256) { return std::make_unique<TlsConnector>(std::move(certificate_sha256)); }

}  // namespace tplink::net
