#include "protocols/stream/media_json.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "protocols/error_codes.hpp"

namespace tplink::stream {
namespace {

namespace json = boost::json;

json::value parse(std::string_view text) {
    json::error_code error;
    json::value value = json::parse(json::string_view(text.data(), text.size()), error);
    return error ? json::value() : value;
}

const json::value* find(const json::value& value, json::string_view pointer) {
    json::error_code error;
    return value.find_pointer(pointer, error);
}

std::string_view text_at(const json::value& value, json::string_view pointer) {
    const json::value* found = find(value, pointer);
    const json::string* text = found == nullptr ? nullptr : found->if_string();
    return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

std::optional<int> number_at(const json::value& value, json::string_view pointer) {
    const json::value* found = find(value, pointer);
    if (found == nullptr) return std::nullopt;
    if (const json::string* text = found->if_string()) {
        int number = 0;
        const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
        return error == std::errc() && end == text->data() + text->size() ? std::optional(number)
                                                                          : std::nullopt;
    }
    json::error_code error;
    const int number = found->to_number<int>(error);
    return error ? std::nullopt : std::optional(number);
}

std::optional<int> error_code_of(const json::value& value) {
    const auto code = number_at(value, "/params/error_code");
    return code ? code : number_at(value, "/error_code");
}

std::string session_id_of(const json::value& value) {
    if (const auto number = number_at(value, "/params/session_id")) return std::to_string(*number);
    return {};
}

struct Ending {
    std::string_view event;
    std::string_view detail; ///< empty: any
    Errc code;
    std::string_view sentence;
};

// The first row that fits wins. source: port8800.md, "Endings".
constexpr Ending kEndings[] = {
    {"stream_status", "finished", Errc::unreachable, "the camera ended the stream"},
    {"stream_status", "image_ended", Errc::unreachable, "the camera ended the stream"},
    {"stream_status", "grabbed", Errc::refused, "another client took the stream"},
    {"stream_finish", "password_changed", Errc::auth_failed,
     "the account password was changed; configure the new one"},
    {"stream_finish", "permission_deny", Errc::refused, "the camera denies permission for the stream"},
    {"stream_finish", "share_finish", Errc::refused, "the camera is no longer shared with this account"},
    {"stream_finish", "channel_invalid", Errc::refused, "the camera has no such channel"},
    {"stream_finish", "channel_offline", Errc::unreachable, "the channel is offline"},
    {"stream_finish", "media_encrypt_changed", Errc::unreachable, "the camera changed its media encryption"},
    {"stream_finish", "", Errc::unreachable, "the camera ended the stream"},
    {"connection_closed", "", Errc::unreachable, "the camera closes the connection"},
};

Result<Message> read_notification(const json::value& value) {
    const std::string_view event = text_at(value, "/params/event_type");
    std::string_view detail = text_at(value, "/params/status");
    if (event == "stream_finish") detail = text_at(value, "/params/reason");
    if (event == "connection_closed") {
        if (const auto code = error_code_of(value); code && *code != 0)
            return tl::unexpected(device_error(Dialect::media, *code, "the camera closes the connection"));
    }
    for (const Ending& ending : kEndings) {
        if (ending.event != event || (!ending.detail.empty() && ending.detail != detail)) continue;
        const bool explain = ending.detail.empty() && !detail.empty();
        return fail(ending.code, std::string(ending.sentence) +
                                     (explain ? " (" + std::string(detail.substr(0, 64)) + ")" : ""));
    }
    return Message{};
}

} // namespace

std::string preview_request(const MediaEndpoint& endpoint, unsigned seq) {
    return R"({"type":"request","seq":)" + std::to_string(seq) + R"(,"params":{"preview":{"channels":[)" +
           std::to_string(endpoint.channel) + R"(],"resolutions":[")" +
           (endpoint.quality == Quality::hd ? "HD" : "VGA") + R"("],"audio":[")" +
           (endpoint.audio ? "default" : "disable") + R"("]},"method":"get"}})";
}

std::string talk_request(unsigned seq) {
    return R"({"type":"request","seq":)" + std::to_string(seq) + R"(,"params":{"talk":{"mode":"aec"},"method":"get"}})";
}

std::string stop_request(unsigned seq) {
    return R"({"type":"request","seq":)" + std::to_string(seq) +
           R"(,"params":{"stop":"null","method":"do"}})";
}

std::string client_part(std::string_view json, const PartHeaders& headers) {
    std::string part = "----client-stream-boundary--\r\n";
    for (const auto& [name, value] : headers) part.append(name).append(": ").append(value).append("\r\n");
    part += "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n";
    return part.append(json).append("\r\n");
}

Buffer client_media_part(Bytes body, std::string_view content_type, std::string_view session_id) {
    Buffer part = to_buffer("----client-stream-boundary--\r\nContent-Type: " + std::string(content_type) +
                            "\r\nX-If-Encrypt: 0\r\nX-Session-Id: " + std::string(session_id) +
                            "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    append(part, body);
    append(part, "\r\n");
    return part;
}

std::optional<std::int64_t> clock_of(const Part& part) {
    const std::string_view text = part.header("x-data-pts");
    std::int64_t clock_ms = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), clock_ms);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return clock_ms;
}

std::optional<int> find_error_code(std::string_view json) { return error_code_of(parse(json)); }

Result<Message> read_message(std::string_view json) {
    const json::value value = parse(json);
    if (!value.is_object()) return fail(Errc::malformed, "JSON part without an object");
    if (text_at(value, "/type") == "notification") return read_notification(value);
    if (text_at(value, "/type") != "response") return Message{};
    if (const auto code = error_code_of(value); code && *code != 0)
        return tl::unexpected(device_error(Dialect::media, *code, "stream refused"));
    return Message{true, session_id_of(value)};
}

} // namespace tplink::stream
