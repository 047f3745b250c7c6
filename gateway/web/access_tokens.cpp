#include "gateway/web/access_tokens.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "tp_";  // so that a token left somewhere is recognised as one
constexpr std::size_t kBytes = 32, kLongest = 100;

}  // namespace

AccessTokens::AccessTokens(const std::string& stored, std::function<void(const std::string&)> save, RandomBytes& random)
    : save_(std::move(save)), random_(random) {
    boost::system::error_code ec;
    const json::value parsed = json::parse(stored, ec);
    if (ec || !parsed.is_object()) return;
    for (const auto& [name, digest] : parsed.get_object())
        if (digest.is_string() && digests_.size() < kTokensMax) digests_[name] = std::string(digest.get_string());
}

void AccessTokens::save() const {
    json::object out;
    for (const auto& [name, digest] : digests_) out[name] = digest;
    save_(json::serialize(out));
}

Result<std::string> AccessTokens::make(const std::string& name) {
    if (name.empty() || name.size() > kNameMax) return fail(Errc::malformed, "A token needs a name of at most 60 bytes, such as the program that uses it.");
    const std::lock_guard lock(mutex_);
    if (digests_.contains(name)) return fail(Errc::malformed, "There is a token of that name; take it back first.");
    if (digests_.size() >= kTokensMax) return fail(Errc::malformed, "There are 32 tokens already; take one back first.");
    std::string token = std::string(kPrefix) + hex_lower(random_.bytes(kBytes));
    digests_[name] = crypto::sha256_hex_lower(token);
    save();
    return token;
}

bool AccessTokens::revoke(const std::string& name) {
    const std::lock_guard lock(mutex_);
    if (digests_.erase(name) == 0) return false;
    save();
    return true;
}

bool AccessTokens::admits(std::string_view token) const {
    if (!token.starts_with(kPrefix) || token.size() > kLongest) return false;
    const std::string digest = crypto::sha256_hex_lower(token);
    const std::lock_guard lock(mutex_);
    return std::any_of(digests_.begin(), digests_.end(), [&](const auto& item) { return equal_constant_time(as_bytes(item.second), as_bytes(digest)); });
}

json::array AccessTokens::names() const {
    json::array out;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, digest] : digests_) out.push_back(json::value(json::string(name)));
    return out;
}

}  // namespace tplink::gateway
