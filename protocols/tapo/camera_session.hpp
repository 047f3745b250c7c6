#pragma once
// The language of Tapo cameras over any of their logins: batches, old-style requests, what a camera leaves
// out or answers out of order. Source: camera.md, "Envelopes".

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "protocols/session.hpp"
#include "protocols/tapo/renewing_exchange.hpp"

namespace tplink::tapo {

/// New-style requests ("getLensMaskConfig") travel in multipleRequest; the methods get, set and do go bare,
/// with params as module object.
class CameraSession final : public Session {
public:
    static constexpr std::size_t kDefaultBatch = 20;
    static constexpr std::size_t kSmallBatch = 10; ///< of battery cameras and hubs, once identified

    /// clock outlives it. batch: at most this many requests in one exchange.
    CameraSession(std::unique_ptr<Transport> transport, const Clock& clock,
                  std::size_t batch = kDefaultBatch);

    Result<Identity> identify() override;
    Result<std::vector<Answer>> query(std::span<const Request> requests) override;
    Result<json::value> call(const Request& request) override;
    std::string_view transport() const override { return exchange_.transport_name(); }
    void cancel() override;

private:
    using Indices = std::vector<std::size_t>;
    using Slots = std::vector<std::optional<Answer>>;

    /// Not in a batch: old style, or a VIGI camera, which knows nothing else.
    bool goes_bare(const Request& request) const;
    Result<Answer> ask_bare(const Request& request);
    /// One exchange; through controlChild when a child is named.
    Result<json::object> ask_for(const std::string& child, json::object request);
    /// One multipleRequest; what the reply leaves out stays empty. Value: what is wrong with the envelope as
    /// a whole, if anything. errors: of the exchange.
    Result<std::optional<Error>> ask_batch(std::span<const Request> requests, const Indices& which,
                                           Slots& slots);
    /// The same, halving until the request that breaks the envelope or stays unanswered stands alone.
    Result<void> ask_isolating(std::span<const Request> requests, const Indices& which, Slots& slots);

    Result<void> read_on(const Request& request, json::value& list);
    /// As call(), once, without cures.
    Result<json::value> send(const Request& request);
    /// False when cancelled meanwhile.
    bool wait(std::chrono::milliseconds time);

    std::mutex waiting_; // guards stopped_
    std::condition_variable stopped_changed_;
    bool stopped_ = false;
    RenewingExchange exchange_;
    std::size_t batch_;
    std::set<std::string> loners_; ///< methods that broke an envelope: asked alone from then on
};

} // namespace tplink::tapo
