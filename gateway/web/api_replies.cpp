#include "gateway/web/api_replies.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace tplink::gateway {

HttpResponse reply(const boost::json::value& value, int status) {
    HttpResponse response;
    response.status = status;
    response.body = boost::json::serialize(value) + "\n";
    return response;
}

HttpResponse text_reply(std::string body, std::string content_type) {
    HttpResponse response;
    response.body = std::move(body);
    response.content_type = std::move(content_type);
    return response;
}

HttpResponse no_such_path() {
    return error_response({404, "not_found", "There is nothing at this address.",
                           "GET /api/devices lists the devices; / is the page."});
}

HttpResponse wrong_method(std::string_view allowed) {
    auto response = error_response({405, "method_not_allowed", "This address does not take that method.",
                                    "It takes " + std::string(allowed) + "."});
    response.headers.emplace_back("Allow", allowed);
    return response;
}

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max) {
    std::uint64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (fault != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

std::optional<ByteRange> parse_range(std::string_view header, std::size_t size) {
    constexpr std::string_view kUnit = "bytes=";
    if (!header.starts_with(kUnit) || header.find(',') != header.npos) return std::nullopt;
    header.remove_prefix(kUnit.size());
    const auto dash = header.find('-');
    if (dash == header.npos) return std::nullopt;
    const auto most = static_cast<std::uint64_t>(-1);
    const std::string_view first_text = header.substr(0, dash), last_text = header.substr(dash + 1);
    const auto first = number(first_text, most), last = number(last_text, most);
    if ((!first_text.empty() && !first) || (!last_text.empty() && !last) || (!first && !last)) return std::nullopt;
    if (first && last && *last < *first) return std::nullopt;
    if (size == 0 || (first && *first >= size) || (!first && *last == 0)) return ByteRange{0, 0, true};
    ByteRange range;
    range.first = first ? static_cast<std::size_t>(*first) : size - static_cast<std::size_t>(std::min<std::uint64_t>(*last, size));
    range.last = first && last ? static_cast<std::size_t>(std::min<std::uint64_t>(*last, size - 1)) : size - 1;
    return range;
}

std::string link_prefix(const HttpRequest& request) {
    const std::string_view path = request.header("x-ingress-path");
    const bool sane = path.starts_with('/') && !path.starts_with("//") && path.size() <= 256 &&
                      std::all_of(path.begin(), path.end(), [](unsigned char c) {
                          return std::isalnum(c) || c == '/' || c == '-' || c == '_';
                      });
    if (!sane) return {};
    return std::string(path.substr(0, path.ends_with('/') ? path.size() - 1 : path.size()));
}

bool takes_form(const HttpRequest& request) {
    if (!request.is_read() || request.header("accept").find("text/html") == std::string_view::npos) return false;
    if (request.path == "/login") return true;
    if (request.path != "/") return false;
    const std::string_view host = request.header("host");
    const bool is_here = host.starts_with("127.") || host.starts_with("[::1]") || host == "localhost" || host.starts_with("localhost:");
    // Behind a proxy on this machine the name may be ours, and the person is elsewhere.
    return !is_here || !request.header("x-forwarded-for").empty() || !request.header("x-forwarded-host").empty();
}

bool is_whep_path(std::string_view path) {
    return path.starts_with("/api/devices/") && (path.ends_with("/whep") || path.find("/whep/") != std::string_view::npos);
}

void allow_other_sites(HttpResponse& response) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Access-Control-Allow-Methods", "POST, PATCH, DELETE, OPTIONS");
    response.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match");
    response.headers.emplace_back("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch, Retry-After");
    response.headers.emplace_back("Access-Control-Max-Age", "86400");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
}

} // namespace tplink::gateway
