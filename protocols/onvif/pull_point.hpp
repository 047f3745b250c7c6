#pragma once
// One event subscription at one camera, held as long as the object lives.

#include <memory>
#include <mutex>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/onvif/notification.hpp"

namespace tplink::onvif {

struct PullPointOptions {
    std::string host;           ///< numeric
    std::uint16_t port = 2020;
    Credentials account;        ///< the camera account, not the TP-Link account
    net::HttpClientFactory make_client = net::make_http_client;
};

/// Blocking; one thread, except cancel().
class PullPoint {
public:
    PullPoint(PullPointOptions options, const Clock& clock, RandomBytes& random);
    ~PullPoint();

    /// What happened since the last call, waiting up to 5 s; empty when nothing did. Subscribes when needed, renews in
    /// time, and subscribes again when the camera forgot us.
    /// errors: unreachable, timeout; auth_failed: the camera account is wrong; refused, malformed, cancelled.
    Result<std::vector<Notification>> pull();
    /// Tells the camera that nobody listens any more, after cancel() too. Best effort; under 1 s. The last call.
    void unsubscribe();
    /// From any thread, sticky.
    void cancel();

private:
    std::unique_ptr<net::HttpClient> make_client(std::chrono::milliseconds timeout) const;
    Result<Element> call(const std::string& path, std::string action, std::string body);
    Result<void> read_clock();
    Result<void> subscribe();
    Result<void> renew();
    std::string address(const std::string& path) const;

    const PullPointOptions options_;
    const Clock& clock_;
    RandomBytes& random_;
    std::mutex client_mutex_;  // guards the pointer against cancel()
    std::unique_ptr<net::HttpClient> client_;
    std::chrono::seconds offset_{0};  ///< camera's clock minus ours
    std::string path_;                ///< of the subscription; empty: none
    SteadyTime renew_at_{};
    int drops_ = 0;
    bool delivered_ = false;          ///< this subscription answered a pull: one that is refused later was forgotten
};

/// Path of an address such as "http://10.0.0.1:2020/event-0_2020"; "/" and more only. Empty when there is none.
std::string path_of(std::string_view address);

}  // namespace tplink::onvif
