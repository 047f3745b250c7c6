#pragma once
// The cameras that were announced and their streams.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "media/live_stream.hpp"
#include "media/service.hpp"

namespace tplink::media {

/// What a path leads to: a stream, and which of its lenses.
struct Door {
    std::shared_ptr<LiveStream> stream;
    unsigned lens = 0;
    std::string camera{};  ///< its id
    bool talks = false;    ///< it has a speaker
    explicit operator bool() const { return stream != nullptr; }
    bool operator==(const Door&) const = default;
};

/// Thread-safe.
class CameraTable {
public:
    using Make = std::function<std::shared_ptr<LiveStream>(const CameraSpec& camera, const StreamSpec& stream)>;
    using Streams = std::vector<std::shared_ptr<LiveStream>>;

    explicit CameraTable(Make make) : make_(std::move(make)) {}

    /// Streams whose endpoint stays go on; the others are closed.
    void set(const CameraSpec& camera);
    void remove(const std::string& id);
    void set_unavailable(const std::string& id, std::optional<std::string> reason);

    /// Empty when there is none. `stream`: "main", "sub", "2", "2/sub"; empty means main.
    Door find(const std::string& id, const std::string& stream) const;
    struct Known {
        CameraSpec spec;
        std::optional<std::string> unavailable;
    };
    /// Nothing for an unknown id.
    std::optional<Known> spec(const std::string& id) const;
    Streams streams_of(const std::string& id) const;
    /// All that have something to do, those that were closed included until forget().
    Streams all() const;
    void forget_closed();

    /// What may be asked for over RTSP: path and stream, aliases included; an alias never hides an id.
    std::map<std::string, Door> paths() const;

private:
    struct Camera {
        CameraSpec spec;
        Streams streams;
        std::optional<std::string> unavailable;
    };

    const Make make_;
    mutable std::mutex mutex_;
    std::map<std::string, Camera> cameras_;
    Streams closed_;
};

}  // namespace tplink::media
