#include "tests/simulators/http_message.hpp"

#include <array>
#include <charconv>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/connection.hpp"
#include "tests/simulators/crypto.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
constexpr std::size_t kMaxBody = std::size_t{1024} * 1024;

bool fill(Connection& connection, std::string& buffered) {
    std::array<char, 8192> chunk{};
    const std::size_t got = connection.read(chunk.data(), chunk.size());
    buffered.append(chunk.data(), got);
    return got > 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<HttpRequest> parse_head(std::string_view head) {
    HttpRequest request;
    const auto line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || last <= first || !line.substr(last + 1).starts_with("HTTP/1."))
        return std::nullopt;
    request.method = line.substr(0, first);
    request.target = line.substr(first + 1, last - first - 1);
    while (head.find("\r\n") != std::string_view::npos) {
        head.remove_prefix(head.find("\r\n") + 2);
        const std::string_view field = head.substr(0, head.find("\r\n"));
        if (const auto colon = field.find(':'); colon != std::string_view::npos)
            request.headers.emplace_back(field.substr(0, colon), trimmed(field.substr(colon + 1)));
    }
    return request;
}

std::optional<std::size_t> body_size(const HttpRequest& request, bool exact_spelling) {
    for (const auto& [name, value] : request.headers) {
        if (exact_spelling ? name != "Content-Length" : ascii_lower(name) != "content-length") continue;
        std::size_t size = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
        if (error != std::errc{} || end != value.data() + value.size() || size > kMaxBody)
            return std::nullopt;
        return size;
    }
    return 0;
}

std::string_view reason(int status) {
    switch (status) {
    case 200: return "OK";
    case 302: return "Found";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    case 502: return "Bad Gateway";
    default: return "Internal Server Error";
    }
}

} // namespace

const std::string* HttpRequest::header(std::string_view name) const {
    const std::string wanted = ascii_lower(name);
    for (const auto& [key, value] : headers)
        if (ascii_lower(key) == wanted) return &value;
    return nullptr;
}

std::string_view HttpRequest::path() const { return std::string_view(target).substr(0, target.find('?')); }

std::string HttpRequest::query(std::string_view name) const {
    const auto mark = target.find('?');
    std::string_view rest =
        mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
    while (!rest.empty()) {
        const std::string_view pair = rest.substr(0, rest.find('&'));
        rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return std::string(pair.substr(name.size() + 1));
    }
    return {};
}

std::optional<HttpRequest> read_request(Connection& connection, std::string& buffered,
                                        bool exact_content_length) {
    std::size_t head_end = 0;
    while ((head_end = buffered.find("\r\n\r\n")) == std::string::npos)
        if (buffered.size() > kMaxHead || !fill(connection, buffered)) return std::nullopt;
    auto request = parse_head(std::string_view(buffered).substr(0, head_end));
    if (!request) return std::nullopt;
    const auto size = body_size(*request, exact_content_length);
    if (!size) return std::nullopt;
    while (buffered.size() < head_end + 4 + *size)
        if (!fill(connection, buffered)) return std::nullopt;
    request->body = buffered.substr(head_end + 4, *size);
    buffered.erase(0, head_end + 4 + *size);
    return request;
}

std::string to_bytes(const HttpReply& reply) {
    std::string out =
        "HTTP/1.1 " + std::to_string(reply.status) + " " + std::string(reason(reply.status)) + "\r\n";
    if (!reply.content_type.empty()) out += "Content-Type: " + reply.content_type + "\r\n";
    for (const auto& [name, value] : reply.headers)
        out.append(name).append(": ").append(value).append("\r\n");
    out += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    out += reply.close ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    return out + reply.body;
}

HttpReply garbage_reply() {
    HttpReply reply;
    reply.body = "{\"error_code\":" + std::string(as_text(random_bytes(40)));
    return reply;
}

std::string noise_bytes() { return "\x16\x03\x01" + std::string(as_text(random_bytes(97))); }

} // namespace tplink::sim
