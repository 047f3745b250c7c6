#include "protocols/stream/part_reader.hpp"

#include <algorithm>
#include <charconv>

namespace tplink::stream {
namespace {

// Room kept from part to part: most pictures fit, and a keyframe now and then may allocate.
constexpr std::size_t kKeptRoom = 32U << 10;

constexpr std::size_t kMaxBoundary = 200;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

/// Digits only: "-1" and "+5" are refused, which from_chars and strtoull would take.
std::optional<std::size_t> to_size(std::string_view text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Size of the header block with the empty line that ends it; npos while it is not there. Lines may end in LF
/// only.
std::size_t find_head_end(std::string_view text, std::size_t from) {
    for (std::size_t at = text.find('\n', from); at != text.npos; at = text.find('\n', at + 1)) {
        const std::string_view next = text.substr(at + 1);
        if (next.starts_with('\n')) return at + 2;
        if (next.starts_with("\r\n")) return at + 3;
    }
    return std::string_view::npos;
}

} // namespace

std::string_view Part::header(std::string_view name) const {
    const auto found =
        std::find_if(headers.begin(), headers.end(), [&](const auto& each) { return each.first == name; });
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::string Part::content_type() const {
    const std::string_view value = header("content-type");
    return ascii_lower(trimmed(value.substr(0, value.find(';'))));
}

std::string boundary_of(std::string_view content_type) {
    const auto at = ascii_lower(content_type).find("boundary=");
    if (at == std::string::npos) return {};
    std::string_view value = trimmed(content_type.substr(at + 9));
    if (value.starts_with('"')) {
        value.remove_prefix(1);
        value = value.substr(0, value.find('"'));
    } else {
        value = value.substr(0, value.find_first_of("; \t"));
    }
    return value.size() > kMaxBoundary ? std::string{} : std::string(value);
}

PartReader::PartReader(std::string_view boundary) : delimiter_("--" + std::string(boundary)) {}

void PartReader::feed(Bytes bytes) {
    if (begin_ > 0 && begin_ >= buffer_.size() / 2) { // moving the rest down costs at most what was consumed
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
        begin_ = 0;
    }
    if (buffer_.empty() && buffer_.capacity() > kKeptRoom) Buffer().swap(buffer_);
    append(buffer_, bytes);
}

std::optional<Part> PartReader::next() {
    for (;;) {
        bool progress = false;
        switch (state_) {
        case State::between: progress = step_between(); break;
        case State::searching: progress = step_searching(); break;
        case State::head: progress = step_head(); break;
        case State::body:
            if (buffered() < body_size_) return std::nullopt;
            part_.body = to_buffer(rest().substr(0, body_size_));
            consume(body_size_);
            state_ = State::between;
            return std::exchange(part_, {});
        }
        if (!progress) return std::nullopt;
    }
}

void PartReader::put_back(Bytes body) {
    const auto at = as_text(body).find(delimiter_);
    if (at == std::string_view::npos) return;
    const Bytes again = body.subspan(at);
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    buffer_.insert(buffer_.begin(), again.begin(), again.end());
    begin_ = 0;
    scanned_ = 0;
    ++resyncs_;
    state_ = State::between;
}

void PartReader::consume(std::size_t count) {
    begin_ += count;
    scanned_ = 0;
}

/// The line end behind a body may be missing; anything else but the delimiter is noise.
bool PartReader::step_between() {
    consume(std::min(rest().find_first_not_of("\r\n"), buffered()));
    const std::string_view text = rest();
    if (text.starts_with(delimiter_)) {
        consume(delimiter_.size());
        state_ = State::head;
        return true;
    }
    if (std::string_view(delimiter_).starts_with(text)) return false;
    lose_sync();
    return true;
}

bool PartReader::step_searching() {
    const std::string_view text = rest();
    const auto at = text.find(delimiter_);
    if (at == text.npos) {
        if (text.size() >= delimiter_.size()) consume(text.size() - delimiter_.size() + 1);
        return false;
    }
    consume(at + delimiter_.size());
    state_ = State::head;
    return true;
}

bool PartReader::step_head() {
    const std::string_view text = rest().substr(0, kMaxHead);
    const auto end = find_head_end(text, scanned_);
    if (end == text.npos && text.size() < kMaxHead) {
        scanned_ = text.size() < 3 ? 0 : text.size() - 3;
        return false;
    }
    const std::string_view block = text.substr(0, end);
    // Some firmware breaks off inside a header and begins a new part there.
    if (const auto cut = block.rfind(delimiter_); cut != block.npos) {
        consume(cut);
        lose_sync();
    } else if (end == text.npos || !read_head(block)) {
        lose_sync();
    } else {
        consume(end);
        state_ = State::body;
    }
    return true;
}

void PartReader::lose_sync() {
    ++resyncs_;
    scanned_ = 0;
    part_ = {};
    state_ = State::searching;
}

bool PartReader::read_head(std::string_view block) {
    part_ = {};
    std::string_view line = trimmed(block.substr(0, block.find('\n')));
    if (!line.empty()) return false; // the delimiter line goes on: a closing delimiter, or another boundary
    for (block.remove_prefix(block.find('\n') + 1); !block.empty();
         block.remove_prefix(block.find('\n') + 1)) {
        line = trimmed(block.substr(0, block.find('\n')));
        if (line.empty()) break;
        const auto colon = line.find(':');
        if (colon == line.npos) return false;
        part_.headers.emplace_back(ascii_lower(trimmed(line.substr(0, colon))),
                                   trimmed(line.substr(colon + 1)));
    }
    const auto size = to_size(part_.header("content-length"));
    if (!size || *size > kMaxBody) return false;
    body_size_ = *size;
    return true;
}

} // namespace tplink::stream
