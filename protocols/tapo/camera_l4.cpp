#include "protocols/tapo/camera_l4.hpp"

#include <algorithm>
#include <array>

#include "protocols/error_codes.hpp"

namespace tplink::tapo {
namespace {

constexpr int kEnoughAttempts = 3; // with fewer left a second form is not worth the lock

constexpr std::array kUserForms{TpapUser::md5, TpapUser::literal, TpapUser::sha256};

std::string_view to_string(TpapUser form) {
    switch (form) {
    case TpapUser::md5: return "md5";
    case TpapUser::literal: return "literal";
    case TpapUser::sha256: break;
    }
    return "sha256";
}

TpapChannel::Dress dressed_for(CameraHost where) {
    return [where = std::move(where)](std::string path, std::string body, bool binary) {
        net::HttpRequest request = camera_request(where, std::move(path), std::move(body));
        if (!binary) return request;
        request.content_type = "application/octet-stream";
        for (net::Header& header : request.headers)
            if (header.first == "Accept") header.second = request.content_type;
        return request;
    };
}

/// Of a proof that the camera has looked at, and counted or not.
bool is_refused(const Result<void>& done) {
    return !done && done.error().code == Errc::auth_failed && done.error().device_code != code::kOk;
}

HashForm other_form(HashForm form) { return form == HashForm::md5 ? HashForm::sha256 : HashForm::md5; }

std::string passcode(HashForm form, const std::string& password) {
    return form == HashForm::md5 ? ascii_lower(password_hash(form, password)) : password_hash(form, password);
}

} // namespace

CameraL4::CameraL4(std::unique_ptr<net::HttpClient> http, CameraHost where, Credentials credentials,
                   RandomBytes& random, const Clock& clock, CameraL4Known known,
                   std::optional<TpapOffer> offer, std::chrono::milliseconds pause)
    : http_(std::move(http)), credentials_(std::move(credentials)), clock_(clock), known_(known),
      offer_(std::move(offer)), pause_(pause), channel_(dressed_for(std::move(where)), random, false) {}

void CameraL4::cancel() {
    {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
    }
    woken_.notify_all();
    http_->cancel();
}

/// False when cancelled meanwhile.
bool CameraL4::wait_until(SteadyTime time) {
    std::unique_lock lock(mutex_);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(time - clock_.now());
    return !woken_.wait_for(lock, std::min(left, pause_), [this] { return cancelled_; });
}

Result<TpapRegistration> CameraL4::enroll(std::string_view passcode_type) {
    std::vector<TpapUser> forms;
    if (known_.user)
        forms.push_back(*known_.user);
    else if (offer_ && offer_->user_hash_type == 1)
        forms.push_back(TpapUser::sha256);
    for (const TpapUser form : kUserForms)
        if (std::find(forms.begin(), forms.end(), form) == forms.end()) forms.push_back(form);
    Result<TpapRegistration> registration = fail(Errc::unsupported, "no form of the user name is known here");
    for (const TpapUser form : forms) {
        registration = channel_.enroll(*http_, {tpap_user(form), passcode_type, false});
        if (registration) known_.user = form;
        if (registration || registration.error().device_code != code::kBadArguments) return registration;
    }
    known_.user.reset();
    return fail(Errc::unsupported, "TPAP: " + registration.error().what, code::kBadArguments);
}

Result<void> CameraL4::attempt(HashForm form) {
    const TpapRegistration registration = TRY(enroll("userpw"));
    const Secret code(passcode(form, credentials_.password.reveal()));
    const Secret secret = TRY(tpap_credential(registration.extra_crypt, "", code.reveal(), ""));
    return channel_.share(*http_, registration, secret, std::nullopt);
}

Result<void> CameraL4::attempt_factory() {
    const TpapRegistration registration = TRY(enroll("default_userpw"));
    return channel_.share(*http_, registration, TRY(factory_passcode(offer_->mac)), std::nullopt);
}

bool CameraL4::factory_only() const {
    const auto takes = [&](int kind) {
        return std::find(offer_->pake.begin(), offer_->pake.end(), kind) != offer_->pake.end();
    };
    return offer_ && takes(0) && !takes(1) && !takes(2);
}

/// A camera may refuse the right password within 2 s of a session that it ended: that time is left to it. What it refuses
/// then, and says it counted, is a changed password.
Result<void> CameraL4::attempt_settled(HashForm form) {
    if (ended_at_ && !wait_until(*ended_at_ + pause_)) return fail(Errc::cancelled, "cancelled");
    auto done = attempt(form);
    if (!is_refused(done) || !known_.worked || channel_.attempts_left()) return done;
    if (!wait_until(clock_.now() + pause_)) return fail(Errc::cancelled, "cancelled");
    return attempt(form);
}

/// Nothing the camera says before it has seen a proof tells which form of the password it holds, and each guess is counted.
Result<void> CameraL4::attempt_forms() {
    refused_form_.clear();
    HashForm form = known_.hash.value_or(HashForm::md5); // one known from L3 is a guess here
    const bool one_left = known_.refused.has_value();
    if (known_.refused == form) form = other_form(form);
    auto done = known_.settled ? attempt_settled(form) : attempt(form);
    if (is_refused(done) && !known_.settled && !one_left) {
        refused_form_ = to_string(form);
        if (channel_.attempts_left().value_or(kEnoughAttempts) < kEnoughAttempts) return done;
        form = other_form(form);
        done = attempt(form);
        if (done || is_refused(done)) refused_form_.clear();
    }
    if (done) {
        known_.hash = form;
        known_.settled = true;
        known_.refused.reset();
    }
    return done;
}

Result<void> CameraL4::login() {
    channel_.close();
    if (factory_only()) {
        TRY_VOID(attempt_factory());
    } else {
        if (credentials_.password.empty())
            return fail(Errc::auth_failed, "no password is configured for this camera");
        TRY_VOID(attempt_forms());
    }
    known_.worked = true;
    ended_at_.reset();
    const std::chrono::seconds lifetime(channel_.lifetime_s());
    renew_at_ = lifetime.count() > 0 ? clock_.now() + lifetime : SteadyTime::max();
    return {};
}

bool CameraL4::ready() const { return channel_.open() && clock_.now() < renew_at_; }

Result<std::string> CameraL4::exchange(std::string_view plain) {
    auto reply = channel_.exchange(*http_, plain, false);
    const bool ended = !reply && reply.error().code == Errc::session_expired && reply.error().device_code == code::kSessionExpired;
    if (ended) ended_at_ = clock_.now();
    return reply;
}

std::string l4_form_text(const CameraL4Known& known) {
    if (!known.hash) return "";
    std::string text(to_string(*known.hash));
    if (known.user && *known.user != TpapUser::md5) text += "," + std::string(to_string(*known.user));
    return text;
}

CameraL4Known read_l4_form(std::string_view text) {
    CameraL4Known known;
    const std::size_t comma = std::min(text.find(','), text.size());
    for (const HashForm form : {HashForm::md5, HashForm::sha256})
        if (text.substr(0, comma) == to_string(form)) known.hash = form;
    for (const TpapUser form : kUserForms)
        if (comma < text.size() && text.substr(comma + 1) == to_string(form)) known.user = form;
    return known;
}

} // namespace tplink::tapo
