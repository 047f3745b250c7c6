#include "gateway/app/refusals.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocols/base/crypto.hpp"
#include "protocols/base/random.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kSaltBytes = 16;

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

Refusals::Refusals(StateStore& store)
    : store_(store), salt_(store.text("refusal_salt", [] { return hex_lower(system_random().bytes(kSaltBytes)); })) {}

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
    return Error{Errc::auth_failed, text(kept, "what"), 0, {}};
}

void Refusals::put(const std::string& device, const Credentials& credentials, const std::optional<discovery::Found>& announced, const Error& error) {
    if (error.code != Errc::auth_failed || error.device_code == 0) return;
    store_.put_note(key_of(device), json::serialize(json::object{{"credentials", fingerprint(credentials)}, {"announced", shape_of(announced)}, {"what", error.what}}));
}

void Refusals::forget(const std::string& device) { store_.remove_note(key_of(device)); }

}  // namespace tplink::gateway
