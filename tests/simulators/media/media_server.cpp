#include "tests/simulators/media/media_server.hpp"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/simulators/media/camera_state.hpp"
#include "tests/simulators/media/connection.hpp"
#include "tests/simulators/media/wire.hpp"

namespace tplink::sim {
namespace {

constexpr std::chrono::milliseconds kListenRetry{50};

} // namespace

struct MediaServer::State {
    explicit State(MediaServerOptions options) : camera(std::move(options)) {
        listener = listen_on(camera.options().address, camera.options().port);
        port = bound_port(listener);
        thread = std::jthread([this](const std::stop_token& stop) { accept_clients(stop); });
    }
    ~State() {
        thread.request_stop();
        wakeup.signal();
    }

    void accept_clients(const std::stop_token& stop);
    /// True when the camera should listen and cannot yet.
    bool apply_availability();
    void post(const std::string& json, bool ends_stream);

    CameraState camera;
    Wakeup wakeup;
    Fd listener; // of the accepting thread, once it runs
    std::uint16_t port = 0;
    std::mutex mutex;
    std::condition_variable applied;
    bool unavailable = false;
    bool listening = true;
    std::list<MediaConnection> connections;
    std::jthread thread; // last: the first to end
};

void MediaServer::State::accept_clients(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const bool retries = apply_availability();
        {
            const std::lock_guard lock(mutex);
            connections.remove_if([](const MediaConnection& connection) { return connection.has_ended(); });
        }
        const Deadline retry =
            retries ? Deadline(std::chrono::steady_clock::now() + kListenRetry) : Deadline();
        const Wait wait = wait_for(listener.get(), false, wakeup, retry);
        if (wait == Wait::woken) wakeup.clear();
        if (wait != Wait::ready) continue;
        while (auto socket = accept_from(listener)) {
            const std::lock_guard lock(mutex);
            connections.emplace_back(std::move(*socket), camera, [this] { wakeup.signal(); });
        }
    }
}

bool MediaServer::State::apply_availability() {
    std::unique_lock lock(mutex);
    if (unavailable == !listening) return false;
    if (unavailable) {
        listener.reset();
        std::list<MediaConnection> ended;
        ended.swap(connections);
        lock.unlock();
        ended.clear(); // joins their threads: not under the lock
        lock.lock();
        listening = false;
    } else {
        try {
            listener = listen_on(camera.options().address, port);
        } catch (const std::system_error&) {
            return true; // somebody else took the port for a moment
        }
        listening = true;
    }
    applied.notify_all();
    return false;
}

void MediaServer::State::post(const std::string& json, bool ends_stream) {
    const std::lock_guard lock(mutex);
    for (MediaConnection& connection : connections) connection.post(json, ends_stream);
}

MediaServer::MediaServer(MediaServerOptions options) : state_(std::make_unique<State>(std::move(options))) {}
MediaServer::~MediaServer() = default;

std::uint16_t MediaServer::port() const { return state_->port; }
MediaCounters MediaServer::counters() const { return state_->camera.counters(); }
Buffer MediaServer::spoken() const { return state_->camera.spoken(); }
const std::vector<MediaRecording>& MediaServer::recordings() const { return state_->camera.options().recordings; }
MediaServer::Content MediaServer::content_of(const MediaRecording& recording) const {
    const auto clip = state_->camera.main_clip();
    Content content;
    if (!clip) return content;
    LiveStream stream(clip, {}, {}, {});
    const auto end = SteadyTime() + std::chrono::seconds(recording.end_s - recording.start_s);
    for (; stream.due() < end; stream.skip()) {
        const ClipPart& part = stream.part();
        if (part.kind == ts::Pes::audio) content.samples += 800;
        if (part.kind == ts::Pes::video && part.starts_unit) ++content.frames;
    }
    return content;
}
void MediaServer::set_faults(const MediaFaults& faults) { state_->camera.set_faults(faults); }
void MediaServer::set_password(std::string password) { state_->camera.set_password(std::move(password)); }

void MediaServer::set_unavailable(bool unavailable) {
    std::unique_lock lock(state_->mutex);
    state_->unavailable = unavailable;
    state_->wakeup.signal();
    state_->applied.wait(lock, [this, unavailable] { return state_->listening != unavailable; });
}

void MediaServer::notify(std::string_view params_json) {
    state_->post("{\"type\":\"notification\", \"params\":" + std::string(params_json) + "}", false);
}

void MediaServer::end_streams(std::string_view status) {
    state_->post(R"({"type":"notification", "params":{"event_type":"stream_status", "status":")" +
                     std::string(status) + "\"}}",
                 true);
}

} // namespace tplink::sim
