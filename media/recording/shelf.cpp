#include "media/recording/shelf.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "protocols/base/random.hpp"

namespace tplink::media {

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

Result<std::shared_ptr<const RecordingFile>> Shelf::get(const std::string& camera, const stream::MediaEndpoint& endpoint,
                                                        const stream::Recording& recording) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopped_ || !busy_[camera] || find(camera, recording) != nullptr; });
    if (auto file = find(camera, recording)) return file;
    if (stopped_) return fail(Errc::cancelled, "the gateway is stopping");
    busy_[camera] = true;
    lock.unlock();
    std::error_code error;
    const auto folder = std::filesystem::temp_directory_path(error);
    auto file = std::make_shared<const RecordingFile>(folder / ("tplink2mqtt-" + std::to_string(::getpid()) + "-" + hex_lower(system_random().bytes(8)) + ".mp4"));
    FetchOptions options;
    options.wait = [this](std::chrono::milliseconds time) {
        std::unique_lock waiting(mutex_);
        return !changed_.wait_for(waiting, time, [this] { return stopped_.load(); });
    };
    auto fetched = fetch_recording(endpoint, recording, file->path(), options);
    lock.lock();
    busy_[camera] = false;
    changed_.notify_all();
    if (!fetched) return tl::unexpected(std::move(fetched).error());
    kept_.push_back({camera, recording, file});
    if (kept_.size() > kMostFiles) kept_.pop_front();
    return file;
}

}  // namespace tplink::media
