#include "gateway/app/refusals.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocols/base/crypto.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMaxAccepted = 16;           // accounts of one house
constexpr int kCounted = -1;                       // stands for the device's own code, which is in the sentence
constexpr const char* kAcceptedKey = "accepted";

std::string form_key(const std::string& device) { return "refused_forms:" + device; }

std::string key_of(const std::string& device) { return "refused:" + device; }

/// What changes when a firmware or a switch in the app changes the login.
std::string shape_of(const std::optional<discovery::Found>& announced) {
    return announced ? announced->transport + " " + announced->firmware : "";
}

std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

Refusals::Refusals(StateStore& store, std::chrono::seconds look_again)
    : store_(store), look_again_(look_again), salt_(store.text("refusal_salt", [] { return hex_lower(system_random().bytes(kSaltBytes)); })) {
    const std::string kept = store_.note(kAcceptedKey).value_or("");
    for (std::size_t at = 0; at < kept.size() && accepted_.size() < kMaxAccepted;) {
        const std::size_t end = std::min(kept.find(' ', at), kept.size());
        accepted_.push_back(kept.substr(at, end - at));
        at = end + 1;
    }
}

void Refusals::accepted(const Credentials& credentials) {
    std::string print = fingerprint(credentials);
    const std::lock_guard lock(mutex_);
    if (std::find(accepted_.begin(), accepted_.end(), print) != accepted_.end()) return;
    if (accepted_.size() == kMaxAccepted) accepted_.erase(accepted_.begin());
    accepted_.push_back(std::move(print));
    std::string all;
    for (const std::string& each : accepted_) all += (all.empty() ? "" : " ") + each;
    store_.put_note(kAcceptedKey, all);
}

bool Refusals::works(const Credentials& credentials) const {
    const std::string print = fingerprint(credentials);
    const std::lock_guard lock(mutex_);
    return std::find(accepted_.begin(), accepted_.end(), print) != accepted_.end();
}

std::string Refusals::refused_form(const std::string& device, const Credentials& credentials) const {
    const std::string kept = store_.note(form_key(device)).value_or("");
    const std::string print = fingerprint(credentials) + " ";
    const std::string form = kept.starts_with(print) ? kept.substr(print.size()) : "";
    return form.find(' ') == std::string::npos ? form : "";  // earlier versions kept both
}

std::string Refusals::fingerprint(const Credentials& credentials) const {
    return crypto::sha256_hex_lower(salt_ + '\n' + credentials.username + '\n' + credentials.password.reveal());
}

std::optional<Error> Refusals::standing(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced) const {
    const auto note = store_.note(key_of(device));
    boost::system::error_code bad;
    const json::value parsed = note ? json::parse(*note, bad) : json::value();
    if (bad || !parsed.is_object()) return std::nullopt;
    const json::object& kept = parsed.get_object();
    if (text(kept, "credentials") != fingerprint(credentials)) return std::nullopt;
    const std::string shape = shape_of(announced);
    if (!shape.empty() && !text(kept, "announced").empty() && shape != text(kept, "announced")) return std::nullopt;
    Error error{Errc::auth_failed, text(kept, "what"), 0, {}};
    if (!refused_form(device, credentials).empty()) {
        if (works(credentials)) return std::nullopt;
        error.device_code = kCounted;
        error.retry_after = look_again_;
    }
    return error;
}

void Refusals::put(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced, const Error& error,
                   const std::string& form) {
    const bool counted = error.code == Errc::auth_failed && error.device_code != 0;
    if (!form.empty()) store_.put_note(form_key(device), fingerprint(credentials) + " " + form);
    else if (counted) store_.remove_note(form_key(device));
    if (!counted) return;
    store_.put_note(key_of(device), json::serialize(json::object{{"credentials", fingerprint(credentials)}, {"announced", shape_of(announced)}, {"what", error.what}}));
}

void Refusals::taken_after_all(const std::string& device) {
    store_.remove_note(form_key(device));
    forget(device);
}

void Refusals::forget(const std::string& device) { store_.remove_note(key_of(device)); }

}  // namespace tplink::gateway
