#pragma once
// SOAP 1.2 as ONVIF devices speak it: an envelope out, the body or the fault of one in (events.md).

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::onvif {

/// WS-Security UsernameToken with PasswordDigest: base64(SHA-1(nonce + created + password)).
/// nonce: raw bytes; created: UTC of the camera's clock, "2026-11-20T10:00:00Z".
std::string password_digest(Bytes nonce, std::string_view created, std::string_view password);

/// The Security header block for `account`; empty for an account without a name.
std::string security_header(const Credentials& account, Bytes nonce, std::string_view created);

struct Call {
    std::string action{};   ///< WS-Addressing action; empty: no addressing headers
    std::string to{};       ///< address the action is meant for
    std::string security{}; ///< as security_header() makes it
    std::string body{};     ///< XML inside Body
};
std::string envelope(const Call& call);

/// One element of a reply by its name without prefix.
struct Element {
    std::string name{}, text{};
    std::vector<std::pair<std::string, std::string>> attributes{};
    std::vector<Element> children{};

    /// The first below this one, at any depth; null when there is none.
    const Element* find(std::string_view wanted) const;
    /// All direct children of that name.
    std::vector<const Element*> all(std::string_view wanted) const;
    std::string_view attribute(std::string_view wanted) const;
    std::string_view text_of(std::string_view wanted) const;  ///< of find(); empty when there is none
};

/// The Body of a reply. errors: malformed for bytes that are no envelope, or one deeper or larger than any camera's;
/// auth_failed when the fault says the account was refused; refused with the fault's own words otherwise.
Result<Element> parse_reply(std::string_view xml);

}  // namespace tplink::onvif
