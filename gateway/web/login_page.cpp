#include "gateway/web/login_page.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "gateway/web/assets.hpp"

namespace tplink::gateway {
namespace {

constexpr std::string_view kMessageMark = "<!--message-->";
// As the page's, but its form may be sent to us.
constexpr std::string_view kContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                                                    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// The sentence of an error document; only what this program wrote stands in it, never what was sent.
std::string message_of(const HttpResponse& refusal) {
    boost::system::error_code ec;
    const auto document = boost::json::parse(refusal.body, ec);
    const auto message = ec ? boost::json::value() : document.at_pointer("/error/message");
    return message.is_string() ? std::string(message.get_string()) : std::string();
}

}  // namespace

HttpResponse login_page(std::optional<HttpResponse> refusal) {
    HttpResponse response;
    if (refusal) {
        response.status = refusal->status;
        response.headers = std::move(refusal->headers);
    }
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back("Content-Security-Policy", kContentSecurityPolicy);
    // With "no-referrer" the browser sends the form with Origin: null, which looks like another site.
    response.headers.emplace_back("Referrer-Policy", "same-origin");
    const auto files = assets();
    const auto form = std::find_if(files.begin(), files.end(), [](const Asset& asset) { return asset.path == "/login"; });
    if (form != files.end()) response.body = form->plain;
    // Who merely opened the page was told nothing wrong.
    const bool tried = refusal && !refusal->body.empty();
    if (const auto mark = response.body.find(kMessageMark); mark != std::string::npos)
        response.body.replace(mark, kMessageMark.size(), tried ? "<p class=\"message\" role=\"alert\">" + message_of(*refusal) + "</p>" : "");
    return response;
}

HttpResponse to_page() {
    HttpResponse response;
    response.status = 303;
    response.headers.emplace_back("Location", "./");
    response.headers.emplace_back("Referrer-Policy", "same-origin");
    return response;
}

}  // namespace tplink::gateway
