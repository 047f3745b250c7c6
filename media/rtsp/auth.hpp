#pragma once
// Who may watch: Digest with MD5 (what players speak) and Basic.

#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/secret.hpp"

namespace tplink::media::rtsp {

/// Of one connection: its nonce is good for that alone.
class Auth {
public:
    /// user: an empty name lets everybody in.
    Auth(const Credentials& user, std::string nonce) : user_(user), nonce_(std::move(nonce)) {}

    bool admits(std::string_view method, std::string_view authorization) const;
    /// Values of the WWW-Authenticate headers, the better one first.
    std::vector<std::string> challenges() const;

private:
    bool admits_basic(std::string_view encoded) const;
    bool admits_digest(std::string_view method, std::string_view fields) const;

    const Credentials user_;
    const std::string nonce_;
};

}  // namespace tplink::media::rtsp
