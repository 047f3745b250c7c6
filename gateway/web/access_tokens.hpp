#pragma once
// Tokens for machines: each has a name, is shown once, and can be taken back without changing the password.

#include <boost/json/array.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "protocols/base/random.hpp"
#include "protocols/base/result.hpp"

namespace tplink::gateway {

/// Thread-safe. Only digests are kept.
class AccessTokens {
public:
    static constexpr std::size_t kTokensMax = 32, kNameMax = 60;

    /// `stored`: as `save` was given it; anything else is an empty list.
    AccessTokens(const std::string& stored, std::function<void(const std::string& text)> save, RandomBytes& random);

    /// The new token. errors: malformed: the name is empty, too long or taken, or there are too many.
    Result<std::string> make(const std::string& name);
    /// False when there is none of that name.
    bool revoke(const std::string& name);
    bool admits(std::string_view token) const;
    boost::json::array names() const;

private:
    void save() const;  // with the mutex held

    const std::function<void(const std::string&)> save_;
    RandomBytes& random_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> digests_;  ///< name -> hex SHA-256 of the token; 256 random bits need no slow hash
};

}  // namespace tplink::gateway
