#pragma once
// The login discipline every session shares: log in when needed, renew once, remember a refusal.

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string_view>

#include "protocols/base/clock.hpp"
#include "protocols/base/result.hpp"
#include "protocols/error_codes.hpp"
#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/transport.hpp"

namespace tplink::tapo {

namespace json = boost::json;

class RenewingExchange {
public:
    /// clock outlives it.
    RenewingExchange(std::unique_ptr<Transport> transport, Dialect dialect, const Clock& clock);

    /// One request, one reply. Logs in first when there is no session; a session the device dropped is
    /// renewed once and the request sent again. The reply's own error_code is left to the caller unless it
    /// speaks of the session. errors: auth_failed (for ever after), locked_out (until the time is over
    /// nothing is sent), session_expired
    ///         when a fresh session is refused as well; malformed; as Transport.
    Result<json::object> ask(const json::object& request, Room room = Room::apart);

    /// A session is held right now.
    bool has_session() const { return transport_->ready(); }
    std::string_view transport_name() const { return transport_->name(); }
    void cancel() { transport_->cancel(); }

private:
    Result<json::object> ask_once(std::string_view text, Room room);
    Result<void> ensure_login();
    Error of_lost_login(Error error) const;
    tl::unexpected<Error> remember(Error error);

    std::unique_ptr<Transport> transport_;
    Dialect dialect_;
    const Clock& clock_;
    std::optional<Error> refused_; ///< auth_failed: nothing is sent any more
    std::optional<Error> locked_;
    SteadyTime locked_until_{};
    bool garbage_is_no_lost_session_ = false;
    bool worked_ = false; ///< a request was answered
};

} // namespace tplink::tapo
