#include "protocols/stream/kasa_body.hpp"

#include <charconv>
#include <cmath>

namespace tplink::stream {
namespace {

constexpr std::size_t kMaxLine = 64;           // of a chunk size with its extensions, or of blank lines in front
constexpr std::size_t kMaxChunk = 16U << 20;
constexpr double kMaxDrift_ms = 500;           // further off than that, the arrival is right and the frame rate wrong

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// A plain decimal number; nothing for anything else.
std::optional<double> number(std::string_view text) {
    if (text.empty() || text.size() > 32 || text.find_first_not_of("0123456789.") != text.npos) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

Result<void> KasaUnwrapper::feed(Bytes bytes, Buffer& out) {
    while (!bytes.empty()) {
        switch (state_) {
        case State::peeking: TRY_VOID(peek(bytes, out)); break;
        case State::raw:
            append(out, bytes);
            return {};
        case State::size:
        case State::end:
            TRY_VOID(size_byte(static_cast<char>(bytes.front())));
            bytes = bytes.subspan(1);
            break;
        case State::data: {
            const std::size_t count = std::min(left_, bytes.size());
            append(out, bytes.first(count));
            bytes = bytes.subspan(count);
            left_ -= count;
            if (left_ == 0) state_ = State::end;
            break;
        }
        }
    }
    return {};
}

/// "--" is a delimiter, hex digits up to a line end are a chunk's size; blank lines may come first.
Result<void> KasaUnwrapper::peek(Bytes& bytes, Buffer& out) {
    const char c = static_cast<char>(bytes.front());
    bytes = bytes.subspan(1);
    if (line_.empty() && (c == '\r' || c == '\n')) return {};
    line_.push_back(c);
    if (c == '\n' && is_hex(line_.front())) {
        std::string whole;
        whole.swap(line_);
        state_ = State::size;
        for (const char each : whole) TRY_VOID(size_byte(each));
        return {};
    }
    if (is_hex(line_.front()) && line_.size() < kMaxLine) return {};
    append(out, std::string_view(line_));  // raw, or noise that the part reader steps over
    line_.clear();
    state_ = State::raw;
    return {};
}

Result<void> KasaUnwrapper::size_byte(char c) {
    if (state_ == State::end && (c == '\r' || c == '\n') && line_.empty()) return {};  // behind a chunk's data
    state_ = State::size;
    if (c != '\n') {
        if (line_.size() >= kMaxLine) return fail(Errc::malformed, "video: a chunk without a size");
        line_.push_back(c);
        return {};
    }
    const auto digits = std::string_view(line_).substr(0, line_.find_first_of("; \t\r"));
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    const bool good = !digits.empty() && error == std::errc() && end == digits.data() + digits.size() && size <= kMaxChunk;
    line_.clear();
    if (!good) return fail(Errc::malformed, "video: a chunk's size makes no sense");
    if (size == 0) return fail(Errc::unreachable, "the camera ended the stream");
    left_ = size;
    state_ = State::data;
    return {};
}

std::optional<MediaPart> KasaParts::next(std::int64_t now_ms) {
    while (auto part = reader_.next()) {
        if (part->body.empty()) continue;
        const std::string type = part->content_type();
        if (type == "video/x-h264") {
            MediaPart media{PartType::h264, {}, clock_of(*part, now_ms), part->header("x-frametype") == "0"};
            media.data = std::move(part->body);
            return media;
        }
        if (type == "audio/g711u") return MediaPart{PartType::pcmu, std::move(part->body), std::nullopt, false};
    }
    return std::nullopt;
}

/// The camera's stamp; else where the frame rate puts the picture, held near its arrival.
std::int64_t KasaParts::clock_of(const Part& part, std::int64_t now_ms) {
    // As double: the stamps count seconds for weeks, which a float cannot resolve.
    const auto stamp = number(part.header("x-timestamp"));
    const auto rate = number(part.header("x-framerate"));
    const double period = rate && *rate >= 1 && *rate <= 120 ? 1000.0 / *rate : 0;
    if (stamp && *stamp < 1e12) {
        stamped_ = true;
        exact_ms_ = *stamp * 1000.0;
    } else if (stamped_) {
        exact_ms_ += period > 0 ? period : 1;
    } else {
        const auto arrival = static_cast<double>(now_ms);
        const double smooth = exact_ms_ + period;
        exact_ms_ = last_ms_ && period > 0 && std::abs(smooth - arrival) <= kMaxDrift_ms ? smooth : arrival;
    }
    last_ms_ = static_cast<std::int64_t>(std::llround(exact_ms_));
    return *last_ms_;
}

}  // namespace tplink::stream
