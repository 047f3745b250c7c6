#pragma once
// Fetched recordings, kept as files for a while: players ask for pieces of them.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "media/recording/fetcher.hpp"

namespace tplink::media {

/// A file that goes with its last owner.
class RecordingFile {
public:
    explicit RecordingFile(std::string path) : path_(std::move(path)) {}
    ~RecordingFile();
    RecordingFile(const RecordingFile&) = delete;
    RecordingFile& operator=(const RecordingFile&) = delete;
    const std::string& path() const { return path_; }
    std::size_t size() const;

private:
    const std::string path_;
};

/// Either a file that is complete, or the bytes as they come.
struct WatchedRecording {
    std::shared_ptr<const RecordingFile> file;
    std::shared_ptr<Arrival::Reader> reader;
    std::string content_type;  ///< of what comes, with the names of its codecs
};

/// Thread-safe. One download a camera at a time, as cameras bear no more.
class Shelf {
public:
    /// patience: how long a download goes on that nobody watches any more.
    explicit Shelf(std::chrono::milliseconds patience = std::chrono::seconds(10)) : patience_(patience) {}
    /// Blocks while another recording of the camera is fetched, then while this one is. errors: those of fetch_recording.
    Result<std::shared_ptr<const RecordingFile>> get(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording);
    /// The same, to be seen as it arrives: returns with its beginning. Nobody reads any more: the download ends. errors: as get().
    Result<WatchedRecording> watch(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording);
    /// A small JPEG of the recording, in the same queue. errors: those of fetch_picture.
    Result<std::shared_ptr<const Buffer>> thumbnail(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording);
    /// Downloads under way and later ones end at once.
    void stop();

private:
    static constexpr std::size_t kMostFiles = 8, kMostThumbnails = 64;
    struct Kept {
        std::string camera;
        stream::Recording recording;
        std::shared_ptr<const RecordingFile> file;
    };
    /// What a thread of our own fetches for a camera; the latest only.
    struct Fetch {
        stream::Recording recording;
        std::shared_ptr<Arrival> arrival;
        std::jthread thread;
    };
    struct Watch {
        std::shared_ptr<const RecordingFile> file;
        std::shared_ptr<Arrival::Reader> reader;
        bool fresh = false;  ///< its download begins with this
    };
    struct KeptPicture {
        std::string camera;
        std::int64_t start_s;
        std::shared_ptr<const Buffer> jpeg;
    };
    std::shared_ptr<const Buffer> find_picture(const std::string& camera, std::int64_t start_s) const;
    /// Waits for the camera's turn; false: it is over. The lock is let go while it waits.
    template <class Found> bool take_turn(std::unique_lock<std::mutex>& lock, const std::string& camera, Found found);
    void end_turn(const std::string& camera);
    Result<std::shared_ptr<const RecordingFile>> fetch(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording,
                                                       std::shared_ptr<Arrival> arrival);
    Result<Watch> enter(const std::string& camera, const stream::MediaEndpoint& endpoint, const stream::Recording& recording);
    /// What arrives just now, when it is this one.
    std::shared_ptr<Arrival> find_arrival(const std::string& camera, const stream::Recording& recording) const;
    std::shared_ptr<const RecordingFile> find(const std::string& camera, const stream::Recording& recording) const;

    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, bool> busy_;
    std::deque<Kept> kept_;  // newest last
    std::deque<KeptPicture> pictures_;  // likewise
    std::atomic<bool> stopped_ = false;
    std::stop_source stopping_;
    std::map<std::string, Fetch> fetches_;  // last: its threads use all of the above
};

}  // namespace tplink::media
