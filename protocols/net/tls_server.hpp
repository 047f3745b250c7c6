#pragma once
// TLS as a server: the certificate we show, and one connection of a client.

#include <chrono>
#include <memory>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::net {

/// Certificate chain and key, read once. Thread-safe.
class TlsIdentity {
public:
    /// Why files cannot be used, as a sentence without their setting's name.
    struct Fault {
        bool in_key = false;  ///< else in the certificate
        std::string what;
    };

    /// PEM files: the certificate with what leads to its authority behind it, and its key without a passphrase.
    static tl::expected<std::shared_ptr<const TlsIdentity>, Fault> load(const std::string& certificate_file, const std::string& key_file);
    ~TlsIdentity();

private:
    friend class TlsServerStream;
    struct Inside;
    explicit TlsIdentity(std::unique_ptr<Inside> inside);
    std::unique_ptr<Inside> inside_;
};

/// One client over a socket it does not own. TLS 1.2 and up. Not thread-safe, but shutting the socket down wakes it.
class TlsServerStream {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    /// Shakes hands; the socket is made non-blocking. errors: timeout, unreachable.
    static Result<TlsServerStream> accept(int fd, const TlsIdentity& identity, Deadline deadline);
    TlsServerStream(TlsServerStream&&) noexcept;
    TlsServerStream& operator=(TlsServerStream&&) noexcept;
    ~TlsServerStream();

    /// At least one byte, or 0 when the client is through. errors: timeout, unreachable.
    Result<std::size_t> read_some(std::span<std::byte> out, Deadline deadline);
    /// All of `data`. errors: timeout, unreachable.
    Result<void> write_all(Bytes data, Deadline deadline);
    /// False once the client has ended its side; does not wait.
    bool is_open();
    /// Tells the client that nothing more comes, if the socket takes it at once.
    void say_goodbye();

private:
    struct State;
    explicit TlsServerStream(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace tplink::net
