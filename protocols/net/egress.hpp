#pragma once
// The one gate for connections that leave the local network, and the book of those that did.

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/net/http_client.hpp"

namespace tplink::net {

/// One remote host and everything that was said to it.
struct EgressRecord {
    std::string host;
    std::uint16_t port = 0;
    std::string purpose;              ///< why: "TP-Link cloud (Kasa cameras)"
    std::string last_path;            ///< of the last request, without its query
    WallTime first{}, last{};
    std::uint64_t requests = 0;       ///< that left
    std::uint64_t failures = 0;       ///< of those tried: no connection, or no answer
    std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< paths, headers and bodies; without TLS
    std::string last_error;           ///< empty after a good one
};

/// Loopback, private, shared and link-local addresses; names without a dot and .local count as the house's own.
bool is_at_home(const std::string& host);

/// On whose word a connection leaves the house.
enum class Door {
    cloud,  ///< the gateway's own: needs the user's consent
    user,   ///< the user named the address himself: open unless everything outside is forbidden
};

/// Thread-safe. Closed until allow(true): a client made by it then refuses before it opens a socket.
class EgressGuard {
public:
    explicit EgressGuard(const Clock& clock = system_clock(), HttpClientFactory real = make_http_client)
        : clock_(clock), real_(std::move(real)) {}
    EgressGuard(const EgressGuard&) = delete;
    EgressGuard& operator=(const EgressGuard&) = delete;

    /// The cloud's door. false also ends what is under way. The sentence tells the user what to change.
    void allow(bool allowed, std::string why_not = "");
    bool allowed() const { return allowed_; }
    /// true: nothing leaves at all, by neither door.
    void forbid_outside(bool forbidden);
    std::string why_not() const;

    /// A client that asks this gate before every request; the guard outlives it.
    /// errors of its send(): cloud_disabled while the gate is closed; else those of HttpClient.
    /// Hosts at home are always asked by Door::user, and do not stand in the book.
    std::unique_ptr<HttpClient> client(const HttpOptions& options, std::string purpose, Door door = Door::cloud);

    /// Called after an entry changed, on the asking thread; to be set before the first client is made.
    void on_change(std::function<void()> callback) { changed_ = std::move(callback); }

    /// By host and port.
    std::vector<EgressRecord> ledger() const;
    std::uint64_t refused() const { return refused_; }  ///< requests that the gate stopped

private:
    class Guarded;
    void enter(Guarded* client);
    void leave(Guarded* client);
    void record(const HttpOptions& options, const std::string& purpose, const HttpRequest& request,
                const Result<HttpResponse>& response, bool sent);

    bool is_open(Door door, const std::string& host) const;

    const Clock& clock_;
    const HttpClientFactory real_;
    std::function<void()> changed_;
    std::atomic<bool> allowed_ = false;
    std::atomic<bool> outside_forbidden_ = false;
    std::atomic<std::uint64_t> refused_ = 0;
    mutable std::mutex mutex_;
    std::string why_not_ = "connections outside the local network are not allowed";
    std::set<Guarded*> clients_;
    std::map<std::pair<std::string, std::uint16_t>, EgressRecord> records_;
};

}  // namespace tplink::net
