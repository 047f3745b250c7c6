#pragma once
// The arithmetic of the VIGI login. Pure. Source: vigi.md, "Login".

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::vigi {

namespace json = boost::json;

/// The answer to get_encrypt_info.
struct EncryptInfo {
    Buffer key;          ///< DER of the camera's RSA key; empty: it takes the digest itself
    bool second = false; ///< it is key_2, of firmware 2.x
    std::string nonce;
};

/// The request for it.
std::string_view encrypt_info_body();

/// errors: locked_out; unsupported when this is no VIGI camera; malformed.
Result<EncryptInfo> read_encrypt_info(std::string_view reply);

/// Upper-case hex of the digest that stands for the password.
std::string password_digest(std::string_view password);

/// Body of the login. errors: malformed when the camera's key is none.
Result<std::string> login_body(const EncryptInfo& info, std::string_view user, std::string_view password);

/// The token of the login's reply as it goes into paths. errors: locked_out, auth_failed, malformed.
Result<Secret> read_stok(std::string_view reply, int status);

} // namespace tplink::vigi
