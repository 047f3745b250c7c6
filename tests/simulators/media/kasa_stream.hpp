#pragma once
// The video port (19443) of a simulated Kasa camera: an endless HTTPS answer of H.264 and G.711 parts.
// Written from the protocol page of that port; shares no code with the client.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "tests/simulators/tcp_port.hpp"

struct ssl_ctx_st;

namespace tplink::sim {

class ClipLibrary;

enum class KasaHead {
    bare,    ///< HTTP/1.0 and a content type
    length,  ///< also Content-Length: -1
    chunked, ///< also Transfer-Encoding: chunked; chunks do not end where parts do
};

struct KasaStreamFaults {
    bool blank_lines = false;   ///< before each delimiter
    bool lf_only = false;       ///< line ends of part headers
    bool no_timestamp = false;  ///< X-Timestamp is left out
    bool foreign_parts = false; ///< a part of an unknown type every second
    bool no_audio = false;
    int stall_after = 0; ///< frames until nothing more comes; 0: never
    int close_after = 0; ///< frames until the connection ends; 0: never
};

struct KasaStreamOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 19443;
    std::string username;
    std::string password;
    bool plain_password = false; ///< Basic with the password itself, as one KC410S
    KasaHead head = KasaHead::chunked;
    int max_sessions = 2;
    std::function<std::shared_ptr<ssl_ctx_st>()> tls; ///< asked once
    std::function<bool()> camera_on;                  ///< false: 503, and running streams end
    std::shared_ptr<ClipLibrary> clips;
    std::shared_ptr<Reactor> reactor = {};
};

struct KasaStreamCounters {
    std::uint64_t sessions_open = 0;
    std::uint64_t sessions_total = 0;
    std::uint64_t auth_failures = 0;
    std::uint64_t refused_off = 0;
    std::uint64_t frames = 0;
};

class KasaStream {
public:
    explicit KasaStream(KasaStreamOptions options);
    ~KasaStream();
    KasaStream(const KasaStream&) = delete;
    KasaStream& operator=(const KasaStream&) = delete;

    /// Listens when it returns. Throws std::system_error.
    void start();
    std::uint16_t port() const { return port_.number(); }
    void set_available(bool available);
    void set_faults(const KasaStreamFaults& faults);
    KasaStreamCounters counters() const;

private:
    void serve(Connection& connection);
    bool play(Connection& connection);
    KasaStreamFaults faults() const;

    const KasaStreamOptions options_;
    std::shared_ptr<ssl_ctx_st> context_;
    mutable std::mutex mutex_; // guards faults_
    KasaStreamFaults faults_;
    std::atomic<std::uint64_t> sessions_open_ = 0;
    std::atomic<std::uint64_t> sessions_total_ = 0;
    std::atomic<std::uint64_t> auth_failures_ = 0;
    std::atomic<std::uint64_t> refused_off_ = 0;
    std::atomic<std::uint64_t> frames_ = 0;
    TcpPort port_; // last: its threads use the others
};

} // namespace tplink::sim
