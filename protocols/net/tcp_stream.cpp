#include "protocols/net/tcp_stream.hpp"

#include <atomic>
#include <sys/socket.h>

#include "protocols/net/socket_io.hpp"

namespace tplink::net {
namespace {

class RealTcpStream final : public TcpStream {
public:
    RealTcpStream(OwnedFd fd, std::shared_ptr<CancelEvent> connector_cancel)
        : fd_(std::move(fd)), connector_cancel_(std::move(connector_cancel)) {}

    Result<std::size_t> read_some(std::span<std::byte> out, std::chrono::milliseconds timeout) override {
        return unless_cancelled(receive_some(fd_.get(), out, deadline_in(timeout), *connector_cancel_));
    }

    Result<void> write_all(Bytes data, std::chrono::milliseconds timeout) override {
        return unless_cancelled(send_all(fd_.get(), data, deadline_in(timeout), *connector_cancel_));
    }

    /// A socket that was shut down is ready for everything at once: that wakes poll() without a descriptor
    /// more.
    void cancel() override {
        cancelled_ = true;
        ::shutdown(fd_.get(), SHUT_RDWR);
    }

private:
    template <class T> Result<T> unless_cancelled(Result<T> result) const {
        if (cancelled_) return fail(Errc::cancelled, "cancelled");
        return result;
    }

    OwnedFd fd_;
    std::shared_ptr<CancelEvent> connector_cancel_;
    std::atomic<bool> cancelled_ = false;
};

class RealTcpConnector final : public TcpConnector {
public:
    Result<std::unique_ptr<TcpStream>> connect(const std::string& host, std::uint16_t port,
                                               std::chrono::milliseconds timeout) override {
        OwnedFd fd = TRY(connect_tcp(host, port, deadline_in(timeout), *cancel_));
        return std::make_unique<RealTcpStream>(std::move(fd), cancel_);
    }

    void cancel() override { cancel_->set(); }

private:
    std::shared_ptr<CancelEvent> cancel_ =
        std::make_shared<CancelEvent>(); ///< streams may outlive the connector
};

} // namespace

std::unique_ptr<TcpConnector> make_tcp_connector() { return std::make_unique<RealTcpConnector>(); }

} // namespace tplink::net
