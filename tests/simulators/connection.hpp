#pragma once
// One accepted TCP connection of a simulated device, with or without TLS.

#include <chrono>
#include <memory>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace tplink::sim {

/// Used by one thread; only shut_down() and reset() may come from another.
class Connection {
public:
    /// Takes over `fd`. idle: a read that waits longer ends the connection.
    Connection(int fd, std::chrono::milliseconds idle);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// TLS handshake as server; false when the client did not agree.
    bool start_tls(ssl_ctx_st* context);
    /// Bytes read into `out`, 0 at the end, on error or after the idle time.
    std::size_t read(char* out, std::size_t size);
    bool write(std::string_view data);
    /// Waits until the client closes, shut_down() is called, or the time is over. true: the time is over.
    bool wait_open(std::chrono::milliseconds time) const;
    /// Waits for the client's end without limit.
    void wait_closed() const;
    /// Ends reads and writes of the owner's thread.
    void shut_down() const;
    /// The close to come sends RST instead of FIN.
    void reset() const;

private:
    int fd_;
    std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
};

} // namespace tplink::sim
