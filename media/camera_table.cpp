#include "media/camera_table.hpp"

#include <algorithm>

namespace tplink::media {
namespace {

// "/id", "/id/sub", "/id/2", "/id/2/sub"
std::string path_of(const std::string& camera, const std::string& stream) {
    return "/" + camera + (stream == "main" ? "" : "/" + stream);
}

std::shared_ptr<LiveStream> find_named(const CameraTable::Streams& streams, const std::string& name) {
    const auto at = std::find_if(streams.begin(), streams.end(), [&](const auto& s) { return s->spec().name == name; });
    return at == streams.end() ? nullptr : *at;
}

// A second lens shares the session of the first, unless it has a stream of its own.
Door find_door(const CameraTable::Streams& streams, const std::string& name) {
    if (auto stream = find_named(streams, name)) return {std::move(stream), 0};
    if (name != "2" && name != "2/sub") return {};
    auto shared = find_named(streams, name == "2" ? "main" : "sub");
    if (!shared || shared->spec().rtsp) return {};
    return {std::move(shared), 1};
}

constexpr const char* kNames[] = {"main", "sub", "2", "2/sub"};

}  // namespace

void CameraTable::set(const CameraSpec& camera) {
    const std::lock_guard lock(mutex_);
    Camera& known = cameras_[camera.id];
    Streams old;
    old.swap(known.streams);
    for (const StreamSpec& spec : camera.streams) {
        auto stream = find_named(old, spec.name);
        if (stream && stream->spec() == spec && known.spec.view_limit == camera.view_limit && known.spec.day_limit == camera.day_limit) {
            std::erase(old, stream);
            stream->forget_error();
        } else {
            stream = make_(camera, spec);
            stream->set_unavailable(known.unavailable);
        }
        known.streams.push_back(std::move(stream));
    }
    for (const auto& stream : old) stream->close();
    closed_.insert(closed_.end(), old.begin(), old.end());
    known.spec = camera;
}

void CameraTable::remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto at = cameras_.find(id);
    if (at == cameras_.end()) return;
    for (const auto& stream : at->second.streams) stream->close();
    closed_.insert(closed_.end(), at->second.streams.begin(), at->second.streams.end());
    cameras_.erase(at);
}

void CameraTable::set_unavailable(const std::string& id, std::optional<std::string> reason) {
    const std::lock_guard lock(mutex_);
    const auto at = cameras_.find(id);
    if (at == cameras_.end()) return;
    for (const auto& stream : at->second.streams) stream->set_unavailable(reason);
    at->second.unavailable = std::move(reason);
}

Door CameraTable::find(const std::string& id, const std::string& stream) const {
    return find_door(streams_of(id), stream.empty() ? "main" : stream);
}

std::optional<CameraTable::Known> CameraTable::spec(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto at = cameras_.find(id);
    if (at == cameras_.end()) return std::nullopt;
    return Known{at->second.spec, at->second.unavailable};
}

CameraTable::Streams CameraTable::streams_of(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const auto at = cameras_.find(id);
    return at == cameras_.end() ? Streams{} : at->second.streams;
}

CameraTable::Streams CameraTable::all() const {
    const std::lock_guard lock(mutex_);
    Streams streams = closed_;
    for (const auto& [id, camera] : cameras_) streams.insert(streams.end(), camera.streams.begin(), camera.streams.end());
    return streams;
}

void CameraTable::forget_closed() {
    const std::lock_guard lock(mutex_);
    std::erase_if(closed_, [](const auto& stream) { return stream->is_over(); });
}

std::map<std::string, Door> CameraTable::paths() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Door> paths;
    const auto add = [&](const std::string& name, const std::string& id, const Camera& camera) {
        for (const char* stream : kNames) {
            Door door = find_door(camera.streams, stream);
            if (!door) continue;
            door.camera = id;
            door.talks = camera.spec.talk.has_value();
            paths.emplace(path_of(name, stream), std::move(door));
        }
    };
    for (const auto& [id, camera] : cameras_) add(id, id, camera);
    for (const auto& [id, camera] : cameras_)
        for (const std::string& alias : camera.spec.aliases) add(alias, id, camera);
    return paths;
}

}  // namespace tplink::media
