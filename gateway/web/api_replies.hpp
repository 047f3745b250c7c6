#pragma once
// What the routes of the API answer with, and the few things all of them read from a request.

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/web/backend.hpp"
#include "gateway/web/gatekeeper.hpp"

namespace tplink::gateway {

HttpResponse reply(const boost::json::value& value, int status = 200);
HttpResponse text_reply(std::string body, std::string content_type);
/// 404 for an address.
HttpResponse no_such_path();
/// 405; allowed: "GET, POST".
HttpResponse wrong_method(std::string_view allowed);
template <class T> HttpResponse reply_or_error(const WebResult<T>& result, int status = 200) {
    return result ? reply(boost::json::value(*result), status) : error_response(result.error());
}

/// A whole non-negative number up to `max`; none when the text is something else.
std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max);
/// A Range header of one range of a body of that size: first and last byte. Nothing: it asks for none we serve (the
/// whole is sent then); `bad`: it lies outside (416). source: RFC 9110 14.1
struct ByteRange {
    std::size_t first = 0, last = 0;
    bool bad = false;
};
std::optional<ByteRange> parse_range(std::string_view header, std::size_t size);

/// The prefix Home Assistant serves us under, for links. Anybody may send the header, to himself: only its
/// form matters.
std::string link_prefix(const HttpRequest& request);

/// A browser opens the page: without a password it gets the form to sign in and not the browser's own dialog. On the machine
/// itself the dialog stays, as scripts that drive a browser answer it; /login is the form there too.
bool takes_form(const HttpRequest& request);

/// WHEP players run on other sites; they bring their own Authorization, so that no cookie or cached password is
/// misused. source: RFC 9725 4.7
bool is_whep_path(std::string_view path);
void allow_other_sites(HttpResponse& response);

} // namespace tplink::gateway
