#include "media/ts/pes.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

// A reserve beyond a part's largest payload only helps a sender of bogus lengths.
constexpr std::size_t kMaxReserve = 128U << 10;
// Slack worth a copy: units are kept for seconds, and many of one large push would each keep the room reserved for all.
constexpr std::size_t kMaxSlack = 1U << 10;

/// Audio, video, and the private streams some senders use for either; all have the header parsed here.
bool has_media_header(std::uint8_t stream_id) {
    return (stream_id >= 0xC0 && stream_id <= 0xEF) || stream_id == 0xBD || stream_id == 0xFD;
}

} // namespace

std::optional<std::uint64_t> parse_pts(std::span<const std::byte, 5> bytes) {
    const auto at = [&](std::size_t i) { return std::uint64_t{u8(bytes[i])}; };
    if ((at(0) & at(2) & at(4) & 1U) == 0) return std::nullopt;
    return (at(0) & 0x0EU) << 29 | at(1) << 22 | (at(2) & 0xFEU) << 14 | at(3) << 7 | at(4) >> 1;
}

void PesAssembler::start() {
    drop();
    state_ = State::header;
}

void PesAssembler::drop() {
    state_ = State::closed;
    header_size_ = 0;
    body_size_.reset();
    pts_.reset();
    data_.clear();
}

bool PesAssembler::append(Bytes payload, std::size_t expected) {
    while (state_ == State::header && !payload.empty()) {
        const std::size_t wanted =
            header_size_ < kFixedHeader ? kFixedHeader : kFixedHeader + u8(header_[kFixedHeader - 1]);
        const std::size_t taken = std::min(wanted - header_size_, payload.size());
        std::copy_n(payload.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
        header_size_ += taken;
        payload = payload.subspan(taken);
        if (header_size_ < kFixedHeader || header_size_ < kFixedHeader + u8(header_[kFixedHeader - 1]))
            continue;
        if (!parse_header()) {
            drop();
            return false;
        }
        data_.reserve(std::min({body_size_.value_or(expected), max_bytes_, kMaxReserve}));
        state_ = State::body;
    }
    if (state_ != State::body) return is_open();
    if (body_size_)
        payload = payload.first(std::min(payload.size(), *body_size_ - std::min(*body_size_, data_.size())));
    if (payload.size() > max_bytes_ - data_.size()) {
        drop();
        return false;
    }
    tplink::append(data_, payload);
    return true;
}

bool PesAssembler::parse_header() {
    const Bytes header = Bytes(header_).first(header_size_);
    if (u8(header[0]) != 0 || u8(header[1]) != 0 || u8(header[2]) != 1 || !has_media_header(u8(header[3])))
        return false;
    if ((u8(header[6]) & 0xF0U) != 0x80) return false; // '10' and not scrambled
    const std::size_t length = load_be16(header.subspan<4, 2>());
    if (length > 0) {
        const std::size_t rest_of_header = header_size_ - 6;
        if (length < rest_of_header) return false;
        body_size_ = length - rest_of_header;
    }
    const bool has_pts = (u8(header[7]) & 0x80U) != 0;
    if (has_pts && header_size_ >= kFixedHeader + 5) pts_ = parse_pts(header.subspan<kFixedHeader, 5>());
    return true;
}

std::optional<PesAssembler::Unit> PesAssembler::close() {
    const bool whole =
        state_ == State::body && !data_.empty() && (!body_size_ || data_.size() == *body_size_);
    std::optional<Unit> unit;
    if (whole) {
        if (data_.capacity() - data_.size() > kMaxSlack + data_.size() / 8)
            data_.shrink_to_fit();
        unit.emplace(Unit{std::move(data_), pts_});
        data_ = {};
    }
    drop();
    return unit;
}

std::int64_t PtsUnwrapper::next(std::optional<std::uint64_t> pts) {
    constexpr std::int64_t kPeriod = std::int64_t{1} << 33;
    if (!pts) ++missing_;
    if (!last_) {
        // Without a stamp nothing is remembered: the next stamp is the first.
        if (!pts) return 0;
        last_ = static_cast<std::int64_t>(*pts);
        return *last_;
    }
    if (!pts) return *last_ += step_;
    std::int64_t distance = (static_cast<std::int64_t>(*pts) - *last_) % kPeriod;
    if (distance < -kPeriod / 2) distance += kPeriod;
    if (distance >= kPeriod / 2) distance -= kPeriod;
    constexpr std::int64_t kSecond = 90000;
    if (distance < -kSecond || distance > 10 * kSecond) ++jumps_;
    step_ = distance > 0 && distance <= kSecond ? distance : 0; // else a jump, no frame duration
    return *last_ += distance;
}

} // namespace tplink::media
