#include "protocols/net/http_reply.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/base/bytes.hpp"

namespace tplink::net {
namespace {

tl::unexpected<Error> no_http() { return fail(Errc::malformed, "answer is no HTTP"); }
tl::unexpected<Error> too_long() { return fail(Errc::malformed, "reply is too long"); }

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// Of names and words of a head: without regard to case.
bool is_word(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b; });
}

/// All of `text` as a number; nothing for anything else.
std::optional<std::size_t> number(std::string_view text, int base) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

Result<void> ReplyReader::take(std::string_view piece) {
    begun_ |= !piece.empty();
    while (!piece.empty() && !complete()) TRY_VOID(in_body() ? take_body(piece) : take_line(piece));
    if (!piece.empty()) keeps_connection_ = false; // what came unasked belongs to no request
    return {};
}

Result<void> ReplyReader::end() {
    if (state_ == State::unsized) state_ = State::complete;
    keeps_connection_ = false;
    if (complete()) return {};
    return fail(Errc::unreachable, begun_ ? "connection lost in the middle of the answer" : "connection closed without an answer");
}

Result<void> ReplyReader::take_body(std::string_view& piece) {
    const std::size_t count = state_ == State::unsized ? piece.size() : std::min(left_, piece.size());
    if (count > max_body_ - response_.body.size()) return too_long();
    response_.body.append(piece.substr(0, count));
    piece.remove_prefix(count);
    if (state_ == State::unsized) return {};
    left_ -= count;
    if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_end : State::complete;
    return {};
}

Result<void> ReplyReader::take_line(std::string_view& piece) {
    const std::size_t end = piece.find('\n');
    std::string_view line = piece.substr(0, end);
    // Chunks bring lines of their own, in proportion to what they carry.
    line_bytes_ += line.size();
    if (line_bytes_ > kMaxHead + response_.body.size()) return too_long();
    if (end == piece.npos || !line_.empty()) line = line_.append(line);
    piece.remove_prefix(end == piece.npos ? piece.size() : end + 1);
    if (end == piece.npos) return {};
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto done = line_done(line);
    line_.clear();
    return done;
}

Result<void> ReplyReader::line_done(std::string_view line) {
    if (++lines_ > kMaxLines + response_.body.size()) return too_long();
    switch (state_) {
    case State::status: return status_line(line);
    case State::header: return line.empty() ? head_done() : header_line(line);
    case State::chunk_size: return chunk_line(line);
    case State::chunk_end:
        if (!line.empty()) return no_http();
        state_ = State::chunk_size;
        return {};
    default: // a trailer tells nothing a device has to say
        if (line.empty()) state_ = State::complete;
        return {};
    }
}

Result<void> ReplyReader::status_line(std::string_view line) {
    constexpr std::string_view kFirstWord = "HTTP/1.";
    constexpr std::size_t kStatusAt = kFirstWord.size() + 2, kDigits = 3; // "HTTP/1.1 200"
    if (line.empty()) return {};
    if (!line.starts_with(kFirstWord) || line.size() < kStatusAt + kDigits || line[kStatusAt - 1] != ' ') return no_http();
    const std::string_view rest = line.substr(kStatusAt);
    const auto status = number(rest.substr(0, kDigits), 10);
    if (!status || *status < 100 || (rest.size() > kDigits && rest[kDigits] != ' ')) return no_http();
    response_.status = static_cast<int>(*status);
    keeps_connection_ = line[kFirstWord.size()] != '0';
    state_ = State::header;
    return {};
}

Result<void> ReplyReader::header_line(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) return {};
    const std::string_view name = trimmed(line.substr(0, colon)), value = trimmed(line.substr(colon + 1));
    if (is_word(name, "content-length")) {
        const auto length = number(value, 10);
        if (!length || (length_ && *length_ != *length)) return no_http();
        length_ = length;
    } else if (is_word(name, "transfer-encoding")) {
        chunked_ = is_word(value, "chunked");
    } else if (is_word(name, "connection") && is_word(value, "close")) {
        keeps_connection_ = false;
    }
    response_.headers.emplace_back(name, value);
    return {};
}

Result<void> ReplyReader::head_done() {
    constexpr int kSwitching = 101, kNoContent = 204, kNotModified = 304;
    const int status = response_.status;
    if (status < 200 && status != kSwitching) { // an interim reply; the real one follows
        response_ = {};
        length_.reset();
        chunked_ = false;
        state_ = State::status;
        return {};
    }
    if (length_ && *length_ > max_body_) return too_long();
    const bool bare = !has_body_ || status == kSwitching || status == kNoContent || status == kNotModified;
    if (bare || (!chunked_ && length_ == std::size_t{0})) {
        state_ = State::complete;
    } else if (chunked_) {
        state_ = State::chunk_size;
    } else if (length_) {
        left_ = *length_;
        response_.body.reserve(std::min(left_, kMaxHead)); // more only as it comes
        state_ = State::sized;
    } else {
        keeps_connection_ = false;
        state_ = State::unsized;
    }
    return {};
}

Result<void> ReplyReader::chunk_line(std::string_view line) {
    const auto size = number(trimmed(line.substr(0, line.find(';'))), 16);
    if (!size) return no_http();
    if (*size > max_body_ - response_.body.size()) return too_long();
    left_ = *size;
    state_ = left_ == 0 ? State::trailer : State::chunk;
    return {};
}

} // namespace tplink::net
