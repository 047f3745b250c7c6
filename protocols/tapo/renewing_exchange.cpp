#include "protocols/tapo/renewing_exchange.hpp"

#include <boost/json/serialize.hpp>
#include <utility>

namespace tplink::tapo {

RenewingExchange::RenewingExchange(std::unique_ptr<Transport> transport, Dialect dialect, const Clock& clock)
    : transport_(std::move(transport)), dialect_(dialect), clock_(clock) {}

Result<json::object> RenewingExchange::ask(const json::object& request, Room room) {
    TRY_VOID(ensure_login());
    const std::string text = json::serialize(request);
    auto reply = ask_once(text, room);
    if (reply) {
        worked_ = true;
        return reply;
    }
    const bool garbage = reply.error().code == Errc::malformed;
    if (reply.error().code != Errc::session_expired && (!garbage || garbage_is_no_lost_session_))
        return remember(std::move(reply).error());
    if (auto renewed = transport_->login(); !renewed)
        return remember(of_lost_login(std::move(renewed).error()));
    reply = ask_once(text, room);
    if (reply) return reply;
    // A new session did not cure it: this device answers such requests with broken JSON.
    if (garbage && reply.error().code == Errc::malformed) garbage_is_no_lost_session_ = true;
    return remember(std::move(reply).error());
}

Result<json::object> RenewingExchange::ask_once(std::string_view text, Room room) {
    json::object reply = TRY(parse_object(TRY(transport_->exchange(text)), room));
    const int number = error_code(reply);
    if (number == code::kOk) return reply;
    switch (errc_of(dialect_, number)) {
    case Errc::session_expired:
    case Errc::auth_failed:
    case Errc::locked_out: return tl::unexpected(device_error(dialect_, number, "session"));
    default: return reply;
    }
}

Result<void> RenewingExchange::ensure_login() {
    if (refused_) return tl::unexpected(*refused_);
    if (locked_ && clock_.now() < locked_until_) {
        Error error = *locked_;
        error.retry_after = std::chrono::ceil<std::chrono::seconds>(locked_until_ - clock_.now());
        return tl::unexpected(std::move(error));
    }
    if (transport_->ready()) return {};
    auto done = transport_->login();
    if (!done && done.error().code == Errc::session_expired) done = transport_->login();
    if (!done) return remember(of_lost_login(std::move(done).error()));
    return {};
}

/// A login that worked and is not known any more: the firmware was changed. The ladder finds the new one.
Error RenewingExchange::of_lost_login(Error error) const {
    const bool gone = error.code == Errc::unsupported || error.code == Errc::malformed;
    if (!gone || (error.code == Errc::malformed && !worked_)) return error;
    error.code = Errc::session_expired;
    error.what = "the device no longer takes the login it offered: " + error.what;
    return error;
}

tl::unexpected<Error> RenewingExchange::remember(Error error) {
    if (error.code == Errc::locked_out)
        error.what = "logins are locked until " + local_time_text(clock_.wall() + error.retry_after) + ": " +
                     error.what;
    if (error.code == Errc::auth_failed || error.code == Errc::certificate_changed) refused_ = error;
    if (error.code == Errc::locked_out) {
        locked_ = error;
        locked_until_ = clock_.now() + error.retry_after;
    }
    return tl::unexpected(std::move(error));
}

} // namespace tplink::tapo
