#include "media/recording/shelf.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "protocols/base/random.hpp"

namespace tplink::media {
namespace {

constexpr std::chrono::seconds kThumbnailLimit{8};

}  // namespace

RecordingFile::~RecordingFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

std::size_t RecordingFile::size() const {
    std::error_code error;
    const auto size = std::filesystem::file_size(path_, error);
    return error ? 0 : static_cast<std::size_t>(size);
}

std::shared_ptr<const RecordingFile> Shelf::find(const std::string& camera, const stream::Recording& recording) const {
    const auto at = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
        return kept.camera == camera && kept.recording.start_s == recording.start_s && kept.recording.end_s == recording.end_s;
    });
    return at == kept_.end() ? nullptr : at->file;
}

std::shared_ptr<const Buffer> Shelf::find_picture(const std::string& camera, std::int64_t start_s) const {
    const auto at = std::find_if(pictures_.begin(), pictures_.end(), [&](const KeptPicture& kept) { return kept.camera == camera && kept.start_s == start_s; });
    return at == pictures_.end() ? nullptr : at->jpeg;
}

void Shelf::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    stopping_.request_stop();
    changed_.notify_all();
}

template <class Found> bool Shelf::take_turn(std::unique_lock<std::mutex>& lock, const std::string& camera, Found found) {
    changed_.wait(lock, [&] { return stopped_ || !busy_[camera] || found(); });
    return !stopped_;
}

void Shelf::end_turn(const std::string& camera) {
    busy_[camera] = false;
    changed_.notify_all();
}

Result<std::shared_ptr<const Buffer>> Shelf::thumbnail(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording) {
    std::unique_lock lock(mutex_);
    if (!take_turn(lock, camera, [&] { return find_picture(camera, recording.start_s) != nullptr; })) return fail(Errc::cancelled, "the gateway is stopping");
    if (auto jpeg = find_picture(camera, recording.start_s)) return jpeg;
    busy_[camera] = true;
    lock.unlock();
    auto fetched = fetch_picture(endpoint, recording, stream::DownloadKind::thumbnail, kThumbnailLimit, stopping_.get_token());
    lock.lock();
    end_turn(camera);
    if (!fetched) return tl::unexpected(std::move(fetched).error());
    auto jpeg = std::make_shared<const Buffer>(std::move(*fetched));
    pictures_.push_back({camera, recording.start_s, jpeg});
    if (pictures_.size() > kMostThumbnails) pictures_.pop_front();
    return jpeg;
}

Result<std::shared_ptr<const RecordingFile>> Shelf::get(const std::string& camera, const stream::MediaEndpoint& endpoint,
                                                        const stream::Recording& recording) {
    {
        std::unique_lock lock(mutex_);
        // Who waits for the file wants its download to go on, though nobody watches it any more.
        std::optional<Arrival::Reader> hold;
        if (auto arrival = find_arrival(camera, recording)) hold.emplace(std::move(arrival));
        if (!take_turn(lock, camera, [&] { return find(camera, recording) != nullptr; })) return fail(Errc::cancelled, "the gateway is stopping");
        if (auto file = find(camera, recording)) return file;
        busy_[camera] = true;
    }
    return fetch(camera, endpoint, recording, nullptr);
}

Result<WatchedRecording> Shelf::watch(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording) {
    for (bool again = false;; again = true) {
        Watch watch = TRY(enter(camera, endpoint, recording));
        if (watch.file) return WatchedRecording{std::move(watch.file), nullptr, ""};
        auto type = watch.reader->content_type();
        if (type) return WatchedRecording{nullptr, std::move(watch.reader), std::move(*type)};
        // One that was left by all others may have been given up just as we came.
        if (watch.fresh || again || type.error().code != Errc::cancelled || stopped_) return tl::unexpected(std::move(type).error());
    }
}

/// What is there of a recording, or arrives; else its download begins.
Result<Shelf::Watch> Shelf::enter(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording) {
    std::unique_lock lock(mutex_);
    const auto known = [&] { return find(camera, recording) != nullptr || find_arrival(camera, recording) != nullptr; };
    if (!take_turn(lock, camera, known)) return fail(Errc::cancelled, "the gateway is stopping");
    if (auto file = find(camera, recording)) return Watch{std::move(file), nullptr, false};
    if (auto arrival = find_arrival(camera, recording)) return Watch{nullptr, std::make_shared<Arrival::Reader>(std::move(arrival)), false};
    auto arrival = TRY(Arrival::create(patience_));
    auto reader = std::make_shared<Arrival::Reader>(arrival);
    busy_[camera] = true;
    // The one before has ended, or is about to: the camera was free.
    fetches_[camera] = {recording, arrival, std::jthread([this, camera, endpoint, recording, arrival] {
                            const auto file = fetch(camera, endpoint, recording, arrival);
                            arrival->finish(file ? Result<void>() : tl::unexpected(file.error()));
                        })};
    return Watch{nullptr, std::move(reader), true};
}

std::shared_ptr<Arrival> Shelf::find_arrival(const std::string& camera, const stream::Recording& recording) const {
    const auto at = fetches_.find(camera);
    const bool same = at != fetches_.end() && busy_.at(camera) && at->second.recording.start_s == recording.start_s && at->second.recording.end_s == recording.end_s;
    return same && !at->second.arrival->is_over() ? at->second.arrival : nullptr;
}

/// The camera's turn is ours; it ends here.
Result<std::shared_ptr<const RecordingFile>> Shelf::fetch(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording,
                                                          std::shared_ptr<Arrival> arrival) {
    std::error_code error;
    const auto folder = std::filesystem::temp_directory_path(error);
    auto file = std::make_shared<const RecordingFile>(folder / ("tplink2mqtt-" + std::to_string(::getpid()) + "-" + hex_lower(system_random().bytes(8)) + ".mp4"));
    FetchOptions options;
    options.arrival = arrival;
    options.stop = stopping_.get_token();
    options.wait = [this, arrival](std::chrono::milliseconds time) {
        if (arrival && arrival->is_abandoned()) return false;
        std::unique_lock waiting(mutex_);
        return !changed_.wait_for(waiting, time, [this] { return stopped_.load(); });
    };
    auto fetched = fetch_recording(endpoint, recording, file->path(), options);
    const std::lock_guard lock(mutex_);
    end_turn(camera);
    if (!fetched) return tl::unexpected(std::move(fetched).error());
    kept_.push_back({camera, recording, file});
    if (kept_.size() > kMostFiles) kept_.pop_front();
    return file;
}

}  // namespace tplink::media
