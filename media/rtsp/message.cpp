#include "media/rtsp/message.hpp"

#include <algorithm>
#include <charconv>

namespace tplink::media::rtsp {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

template <class Number> std::optional<Number> to_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view take_until(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == text.npos ? text.size() : at + 1);
    return taken;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

struct Pair {
    unsigned first = 0, second = 0;
};
// "4588-4589" or "4588"
std::optional<Pair> to_pair(std::string_view text, unsigned highest) {
    const std::string_view first_text = take_until(text, '-');
    const auto first = to_number<unsigned>(first_text);
    if (!first || *first > highest) return std::nullopt;
    const auto second = text.empty() ? std::optional(*first + 1) : to_number<unsigned>(text);
    if (!second || *second > highest + 1) return std::nullopt;
    return Pair{*first, *second};
}

std::optional<Transport> parse_one(std::string_view text) {
    const std::string profile = ascii_upper(trimmed(take_until(text, ';')));
    Transport transport;
    transport.tcp = profile == "RTP/AVP/TCP";
    if (!transport.tcp && profile != "RTP/AVP" && profile != "RTP/AVP/UDP") return std::nullopt;
    while (!text.empty()) {
        std::string_view value = trimmed(take_until(text, ';'));
        const std::string key = ascii_lower(take_until(value, '='));
        if (key == "multicast") return std::nullopt;
        if (key == "mode") transport.record = ascii_lower(value).find("record") != std::string::npos;
        if (key == "interleaved") {
            const auto pair = to_pair(value, 254);
            if (!pair) return std::nullopt;
            transport.channel = pair->first;
        }
        if (key == "client_port") {
            const auto pair = to_pair(value, 65534);
            if (!pair || pair->first == 0 || pair->second > 65535) return std::nullopt;
            transport.client_port = static_cast<std::uint16_t>(pair->first);
            transport.client_rtcp_port = static_cast<std::uint16_t>(pair->second);
        }
    }
    if (!transport.tcp && transport.client_port == 0) return std::nullopt;
    return transport;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
    const auto at = std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
    return at == headers.end() ? std::string_view{} : std::string_view(at->second);
}

std::optional<std::variant<Request, Frame>> RequestReader::next() {
    if (broken_) return std::nullopt;
    // Some players put an empty line behind a request.
    buffer_.erase(0, std::min(buffer_.find_first_not_of("\r\n"), buffer_.size()));
    if (buffer_.empty()) return std::nullopt;
    if (buffer_[0] == '$') {
        if (auto frame = take_frame()) return std::move(*frame);
        return std::nullopt;
    }
    if (auto request = take_request()) return std::move(*request);
    return std::nullopt;
}

std::optional<Frame> RequestReader::take_frame() {
    const Bytes bytes = as_bytes(buffer_);
    if (bytes.size() < 4) return std::nullopt;
    const std::size_t size = load_be16(bytes.subspan(2).first<2>());
    if (bytes.size() < 4 + size) return std::nullopt;
    Frame frame{u8(bytes[1]), to_buffer(bytes.subspan(4, size))};
    buffer_.erase(0, 4 + size);
    return frame;
}

std::optional<Request> RequestReader::take_request() {
    const auto end = buffer_.find("\r\n\r\n");
    if (end == std::string::npos) {
        broken_ = buffer_.size() > kMaxHead;
        return std::nullopt;
    }
    std::string_view head(buffer_.data(), end);
    std::string_view line = trimmed(take_until(head, '\n'));
    Request request;
    request.method = take_until(line, ' ');
    request.url = take_until(line, ' ');
    broken_ = end > kMaxHead || !is_word(request.method) || !is_word(request.url) || !line.starts_with("RTSP/1.");
    if (broken_) return std::nullopt;
    while (!head.empty()) {
        line = take_until(head, '\n');
        const auto colon = line.find(':');
        if (colon == line.npos) continue;
        request.headers.emplace_back(ascii_lower(trimmed(line.substr(0, colon))), trimmed(line.substr(colon + 1)));
    }
    std::size_t size = 0;
    if (const auto text = request.header("content-length"); !text.empty()) {
        const auto length = to_number<std::size_t>(text);
        broken_ = !length || *length > kMaxBody;
        if (broken_) return std::nullopt;
        size = *length;
    }
    if (buffer_.size() < end + 4 + size) return std::nullopt;
    request.body = buffer_.substr(end + 4, size);
    buffer_.erase(0, end + 4 + size);
    return request;
}

Target parse_target(std::string_view url) {
    if (const auto scheme = url.find("://"); scheme != url.npos) {
        url.remove_prefix(scheme + 3);
        const auto slash = url.find('/');
        url = slash == url.npos ? std::string_view{} : url.substr(slash);
    }
    url = url.substr(0, url.find('?'));
    Target target;
    std::string path;
    while (!url.empty()) {
        const std::string segment = url_decode(take_until(url, '/'));
        if (segment.empty()) continue;
        const bool names_track = segment.starts_with("stream=");
        const auto track = names_track ? to_number<unsigned>(std::string_view(segment).substr(7)) : std::nullopt;
        if (track)
            target.track = track;
        else
            path += "/" + segment;
    }
    target.path = path.empty() ? "/" : path;
    return target;
}

std::optional<Transport> parse_transport(std::string_view header) {
    while (!header.empty())
        if (auto transport = parse_one(take_until(header, ','))) return transport;
    return std::nullopt;
}

std::string_view status_name(int code) {
    switch (code) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 404: return "Not Found";
    case 453: return "Not Enough Bandwidth";
    case 454: return "Session Not Found";
    case 455: return "Method Not Valid In This State";
    case 459: return "Aggregate Operation Not Allowed";
    case 461: return "Unsupported Transport";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 551: return "Option not supported";
    default: return "Error";
    }
}

std::string reason_phrase(std::string_view text) {
    constexpr std::size_t kMaxLength = 160;
    std::string phrase(text.substr(0, kMaxLength));
    std::replace_if(phrase.begin(), phrase.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    return phrase;
}

std::string format_response(int code, std::string_view reason, std::string_view cseq, const Headers& headers, std::string_view body) {
    std::string text = "RTSP/1.0 " + std::to_string(code) + " " + std::string(reason.empty() ? status_name(code) : reason) + "\r\n";
    if (!cseq.empty()) text += "CSeq: " + reason_phrase(cseq) + "\r\n";
    for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
}

}  // namespace tplink::media::rtsp
