#include "media/recording/arrival.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "protocols/base/random.hpp"

namespace tplink::media {
namespace {

constexpr std::size_t kPiece = std::size_t{64} << 10;

}  // namespace

Result<std::shared_ptr<Arrival>> Arrival::create(std::chrono::milliseconds patience) {
    std::error_code error;
    const auto path = std::filesystem::temp_directory_path(error) / ("tplink2mqtt-" + hex_lower(system_random().bytes(8)) + ".part");
    const int file = error ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return fail(Errc::refused, "the recording cannot be written to " + path.parent_path().string());
    ::unlink(path.c_str());
    return std::make_shared<Arrival>(file, patience);
}

Arrival::~Arrival() { ::close(file_); }

void Arrival::begin(std::string content_type) {
    const std::lock_guard lock(mutex_);
    content_type_ = std::move(content_type);
}

Result<void> Arrival::append(Bytes bytes) {
    std::size_t at = 0;
    {
        const std::lock_guard lock(mutex_);
        at = size_;
    }
    for (const std::size_t end = at + bytes.size(); at < end;) {
        const ssize_t written = ::pwrite(file_, bytes.data() + (bytes.size() - (end - at)), end - at, static_cast<off_t>(at));
        if (written <= 0) return fail(Errc::refused, "the recording cannot be written: the disk is full");
        at += static_cast<std::size_t>(written);
    }
    const std::lock_guard lock(mutex_);
    size_ = at;
    changed_.notify_all();
    return {};
}

void Arrival::finish(Result<void> outcome) {
    const std::lock_guard lock(mutex_);
    outcome_ = std::move(outcome);
    changed_.notify_all();
}

bool Arrival::is_over() const {
    const std::lock_guard lock(mutex_);
    return outcome_.has_value();
}

bool Arrival::is_abandoned() const {
    const std::lock_guard lock(mutex_);
    return readers_ == 0 && std::chrono::steady_clock::now() - left_ > patience_;
}

Arrival::Reader::Reader(std::shared_ptr<Arrival> arrival) : arrival_(std::move(arrival)) {
    const std::lock_guard lock(arrival_->mutex_);
    ++arrival_->readers_;
}

Arrival::Reader::~Reader() {
    const std::lock_guard lock(arrival_->mutex_);
    --arrival_->readers_;
    arrival_->left_ = std::chrono::steady_clock::now();
}

Result<std::string> Arrival::Reader::content_type() {
    std::unique_lock lock(arrival_->mutex_);
    arrival_->changed_.wait(lock, [&] { return arrival_->size_ > 0 || arrival_->outcome_; });
    if (arrival_->outcome_ && !*arrival_->outcome_) return tl::unexpected(arrival_->outcome_->error());
    if (arrival_->size_ == 0) return fail(Errc::malformed, "the recording has no picture that can be shown");
    return arrival_->content_type_;
}

Result<Buffer> Arrival::Reader::next(std::chrono::milliseconds timeout) {
    std::size_t size = 0;
    {
        std::unique_lock lock(arrival_->mutex_);
        if (!arrival_->changed_.wait_for(lock, timeout, [&] { return arrival_->size_ > at_ || arrival_->outcome_; })) return fail(Errc::timeout, "nothing more has come yet");
        size = arrival_->size_ - at_;
        if (size == 0 && !*arrival_->outcome_) return tl::unexpected(arrival_->outcome_->error());
    }
    Buffer bytes(std::min(size, kPiece));
    if (bytes.empty()) return bytes;
    const ssize_t got = ::pread(arrival_->file_, bytes.data(), bytes.size(), static_cast<off_t>(at_));
    if (got <= 0) return fail(Errc::refused, "the recording cannot be read again");
    bytes.resize(static_cast<std::size_t>(got));
    at_ += bytes.size();
    return bytes;
}

}  // namespace tplink::media
