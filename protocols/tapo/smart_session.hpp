#pragma once
// The SMART language of Tapo plugs, strips, bulbs and switches over any transport. Source: smart.md.

#include <memory>
#include <string>

#include "protocols/base/random.hpp"
#include "protocols/session.hpp"
#include "protocols/tapo/renewing_exchange.hpp"

namespace tplink::tapo {

class SmartSession final : public Session {
public:
    /// clock outlives it; random is used here only.
    SmartSession(std::unique_ptr<Transport> transport, RandomBytes& random, const Clock& clock);

    Result<Identity> identify() override;
    Result<std::vector<Answer>> query(std::span<const Request> requests) override;
    Result<json::value> call(const Request& request) override;
    std::string_view transport() const override { return exchange_.transport_name(); }
    void cancel() override { exchange_.cancel(); }

private:
    json::object envelope(std::string_view method, json::value params) const;
    /// The reply to one method; the child's own when one is named (control_child).
    Result<json::object> ask(std::string_view child, std::string_view method, json::value params, Room room = Room::apart);
    /// The device's answer to one request, whatever it says. Outer errors: of the exchange.
    Result<Answer> ask_single(const Request& request);
    /// Fetches what is left of a list that came in part. errors: of the exchange.
    Result<void> read_on(const Request& request, json::value& result);
    /// Fills what the device answered; the rest stays empty. errors: of the exchange.
    Result<void> ask_batch(std::span<const Request> requests, std::span<std::optional<Answer>> answers);

    RenewingExchange exchange_;
    const Clock& clock_;
    std::string terminal_uuid_;
    std::size_t batch_size_;
};

} // namespace tplink::tapo
