#include "protocols/kasa/cloud_sentences.hpp"

namespace tplink::kasa {
namespace {

std::string in_time(std::chrono::seconds left) {
    if (left.count() <= 0) return "";
    const auto minutes = (left.count() + 59) / 60;
    return minutes < 120 ? " in about " + std::to_string(minutes) + " min" : " in about " + std::to_string((minutes + 59) / 60) + " h";
}

}  // namespace

std::string sentence(CloudState state, std::chrono::seconds left, const std::string& why_not) {
    switch (state) {
    case CloudState::ok: return "the cloud answers";
    case CloudState::disabled: return why_not;
    case CloudState::no_account: return "the cloud needs account.username and account.password: set them in the configuration";
    case CloudState::auth_failed:
        return "TP-Link's cloud refuses the account or its password; nothing more is tried until account is corrected in the configuration";
    case CloudState::locked:
        return "TP-Link has locked the account after too many logins; log in with the app, then set the password anew here; else tried again" + in_time(left);
    case CloudState::mfa_needed:
        return "TP-Link's cloud wants the code it has sent by mail: enter it on the page or send it to account/mfa; or use a second account without "
               "two-step verification, with the camera shared to it";
    case CloudState::rate_limited: return "TP-Link's cloud is asked too often; it is tried again" + in_time(left);
    case CloudState::contested:
        return "another program logs in with the same account and takes the session away; it is tried again" + in_time(left) + "; use an account of its own for one of them";
    case CloudState::unreachable: return "TP-Link's cloud cannot be reached; it is tried again by itself; check the internet connection";
    case CloudState::tls_untrusted:
        return "the certificate of TP-Link's cloud is not one of the known authorities', so no password was sent; check that nothing inspects the "
               "connection, or set cloud.ca_file";
    case CloudState::rejected:
        return "TP-Link's cloud no longer accepts the application's keys or version; set newer ones under cloud.keys, or update this program";
    }
    return "";
}

Error standing_error(CloudState state) {
    switch (state) {
    case CloudState::disabled: return {Errc::cloud_disabled, "", 0, {}};
    case CloudState::no_account:
    case CloudState::auth_failed:
    case CloudState::mfa_needed: return {Errc::auth_failed, "", 0, {}};
    case CloudState::locked: return {Errc::locked_out, "", 0, {}};
    case CloudState::unreachable: return {Errc::unreachable, "", 0, {}};
    default: return {Errc::refused, "", 0, {}};
    }
}

Error refusal(const CloudReply& reply, std::string_view call) {
    const std::string number = " (error " + std::to_string(reply.code) + ")";
    switch (reply.what) {
    case CloudClass::offline: return {Errc::unreachable, "the camera is not connected to TP-Link's cloud" + number, reply.code, {}};
    case CloudClass::device:
        return {Errc::refused, "the camera does not belong to this TP-Link account; use the account it was set up with" + number, reply.code, {}};
    case CloudClass::retry: return {Errc::timeout, "TP-Link's cloud or the camera behind it did not answer in time" + number, reply.code, {}};
    case CloudClass::redirect: return {Errc::refused, "TP-Link's cloud sends us from server to server" + number, reply.code, {}};
    case CloudClass::ok: return {Errc::malformed, "TP-Link's cloud says yes but gives no token", 0, {}};
    default: break;
    }
    const std::string_view meaning = cloud_meaning(reply.code);
    return {Errc::refused, "TP-Link's cloud refuses " + std::string(call) + ": " + std::string(meaning.empty() ? "unknown reason" : meaning) + number, reply.code, {}};
}

}  // namespace tplink::kasa
