#pragma once
// Sessions in the IOT language, over port 9999 or KLAP. Source: kasa.md, "IOT".

#include <memory>
#include <string>

#include "protocols/session.hpp"
#include "protocols/tapo/renewing_exchange.hpp"

namespace tplink::kasa {

/// Request::method is "module.command". Several are merged into one exchange; Request::child is a socket's
/// id.
class IotSession final : public Session {
public:
    /// clock outlives it.
    IotSession(std::unique_ptr<tapo::Transport> transport, const Clock& clock);

    Result<Identity> identify() override;
    Result<std::vector<Answer>> query(std::span<const Request> requests) override;
    Result<json::value> call(const Request& request) override;
    std::string_view transport() const override { return exchange_.transport_name(); }
    void cancel() override { exchange_.cancel(); }

private:
    /// get_sysinfo alone: small firmwares choke on anything else before it, and it tells what may be asked.
    Result<json::object> read_sysinfo();
    Result<void> ensure_known();
    /// One exchange for all of `requests`; merged ones that break it are asked one by one from then on.
    Result<void> ask(std::span<const Request> requests, std::span<std::optional<Answer>> answers, tapo::Room room);

    tapo::RenewingExchange exchange_;
    std::string device_id_;
    std::size_t merged_; ///< commands in one request at most
    bool known_ = false; ///< sysinfo was read
};

} // namespace tplink::kasa
