#include "media/service.hpp"

#include <algorithm>
#include <thread>

#include "media/camera_table.hpp"
#include "media/live_stream.hpp"
#include "media/plugins.hpp"
#include "media/rtsp/server.hpp"
#include "media/still/stills.hpp"
#include "media/stream_log.hpp"
#include "media/talk/speech_decoder.hpp"
#include "media/talk/talks.hpp"
#include "media/transcode/transcoder.hpp"
#include "media/webrtc/peers.hpp"

namespace tplink::media {
namespace {

// A viewer gets its answer within 10 s, whatever the camera does.
constexpr std::chrono::milliseconds kViewLimit{9500};

constexpr std::chrono::milliseconds kPictureLimit{4000};

std::string lesser_of(const std::string& stream) { return stream.empty() || stream == "main" ? "sub" : stream + "/sub"; }

template <class Do> class Finally {
public:
    explicit Finally(Do what) : what_(std::move(what)) {}
    ~Finally() { what_(); }
    Finally(const Finally&) = delete;
    Finally& operator=(const Finally&) = delete;

private:
    Do what_;
};

class ServiceImpl final : public Service {
public:
    ServiceImpl(const ServiceOptions& options, ServiceEvents events)
        : options_(options), events_(std::move(events)), log_(events_), limit_(std::make_shared<ViewerLimit>(options.viewers_max)),
          cameras_([this](const CameraSpec& camera, const StreamSpec& stream) { return make_stream(camera, stream); }),
          stills_(options.picture_program), peers_({options.webrtc_port_min, options.webrtc_port_max, options.webrtc_candidates}),
          control_([this](const std::stop_token& stop) { run(stop); }) {}

    ~ServiceImpl() override {
        control_.request_stop();
        wake_->notify();
        control_.join();
        stills_.stop();
        talks_.stop_all();
        shelf_.stop();
        for (const auto& stream : cameras_.all()) stream->shut_down();
    }

    Result<void> listen() {
        if (!options_.rtsp_enabled) return {};
        rtsp_ = TRY(rtsp::Server::start({options_.rtsp_address, options_.rtsp_port, options_.rtsp_user}));
        return {};
    }

    Result<void> configure(const ServiceOptions& now) override {
        limit_->set_most(now.viewers_max);
        peers_.configure({now.webrtc_port_min, now.webrtc_port_max, now.webrtc_candidates});
        for (const auto& stream : cameras_.all()) stream->set_linger(now.linger);
        std::unique_ptr<rtsp::Server> old;
        {
            const std::lock_guard lock(mounts_mutex_);
            const bool same_rtsp = now.rtsp_enabled == options_.rtsp_enabled && now.rtsp_address == options_.rtsp_address &&
                                   now.rtsp_port == options_.rtsp_port && now.rtsp_user == options_.rtsp_user && (rtsp_ || !now.rtsp_enabled);
            options_ = now;
            if (same_rtsp) return {};
            old = std::move(rtsp_);
            mounted_.clear();
        }
        old.reset();  // its threads end before the address is taken again
        if (!now.rtsp_enabled) return {};
        auto fresh = TRY(rtsp::Server::start({now.rtsp_address, now.rtsp_port, now.rtsp_user}));
        {
            const std::lock_guard lock(mounts_mutex_);
            rtsp_ = std::move(fresh);
        }
        mount_paths();
        return {};
    }

    void set_camera(const CameraSpec& camera) override {
        cameras_.set(camera);
        mount_paths();
        wake_->notify();
    }

    void remove_camera(const std::string& id) override {
        cameras_.remove(id);
        talks_.stop(id);
        mount_paths();
        wake_->notify();
    }

    void set_unavailable(const std::string& id, std::optional<std::string> reason) override {
        if (reason) talks_.stop(id);
        cameras_.set_unavailable(id, std::move(reason));
    }

    Result<WhepSession> whep_open(const std::string& id, const std::string& stream, const std::string& offer) override {
        TRY_VOID(start_gstreamer(Use::webrtc));
        const webrtc::Offer accepted = TRY(webrtc::parse_offer(offer));
        const Door door = TRY(find(id, stream));
        const bool as_it_is = accepted.h265 && door.stream->known_format().video == Codec::h265;
        const auto viewing = as_it_is ? TRY(view(door)) : TRY(view_h264(id, stream));
        const bool may_talk = accepted.speaks && talk_endpoint(id);
        auto opened = TRY(peers_.open(viewing, accepted, may_talk ? talk_opener(id) : OpenTalk{}));
        return WhepSession{std::move(opened.session), std::move(opened.answer)};
    }

    bool whep_close(const std::string& session) override { return peers_.close(session); }

    Result<Still> still(const std::string& id, std::chrono::milliseconds max_age, unsigned width, bool allow_stale) override;

    Result<void> whep_trickle(const std::string& session, const std::string& fragment) override {
        return peers_.trickle(session, fragment);
    }

    bool has_stream(const std::string& id, const std::string& stream) const override { return static_cast<bool>(cameras_.find(id, stream)); }

    Result<std::unique_ptr<ByteFeed>> live_mp4(const std::string& id, const std::string& stream, bool h265_is_fine) override {
        return make_mp4_feed(h265_is_fine ? TRY(view(TRY(find(id, stream)))) : TRY(view_h264(id, stream)));
    }

    // A small picture comes from the lesser stream unless another is asked for or runs already.
    Result<std::unique_ptr<ByteFeed>> live_mjpeg(const std::string& id, const std::string& stream, const MjpegOptions& options) override {
        Door door = TRY(find(id, stream.empty() ? "main" : stream));
        if (stream.empty() && !door.stream->hub()->has_keyframe())
            if (Door lesser = cameras_.find(id, "sub")) door = lesser;
        return make_mjpeg_feed(TRY(view(door, {.sound = false})), options);
    }

    Result<std::shared_ptr<const RecordingFile>> recording(const std::string& id, const stream::Recording& wanted) override {
        const auto camera = cameras_.spec(id);
        if (!camera || camera->spec.streams.empty()) return fail(Errc::refused, "there is no camera " + id);
        return shelf_.get(id, camera->spec.streams.front().endpoint, wanted);
    }

    Result<WatchedRecording> watch_recording(const std::string& id, const stream::Recording& wanted) override {
        const auto camera = cameras_.spec(id);
        if (!camera || camera->spec.streams.empty()) return fail(Errc::refused, "there is no camera " + id);
        return shelf_.watch(id, camera->spec.streams.front().endpoint, wanted);
    }

    void stop_recordings() override { shelf_.stop(); }

    Result<std::shared_ptr<const Buffer>> thumbnail(const std::string& id, const stream::Recording& wanted) override {
        const auto camera = cameras_.spec(id);
        if (!camera || camera->spec.streams.empty()) return fail(Errc::refused, "there is no camera " + id);
        return shelf_.thumbnail(id, camera->spec.streams.front().endpoint, wanted);
    }

    Result<void> speak(const std::string& id, Bytes file, const std::string& content_type) override {
        const auto endpoint = TRY(talk_endpoint(id));
        const Buffer speech = TRY(decode_speech(file, content_type));
        const auto speaker = talks_.begin(id, endpoint, {.most_waiting = kMaxSpeech, .idle = std::chrono::milliseconds(0)});
        speaker->push(speech);
        return speaker->finish();
    }

    std::vector<StreamStatus> status(const std::string& id) const override {
        std::vector<StreamStatus> statuses;
        for (const auto& stream : cameras_.streams_of(id)) statuses.push_back(stream->status());
        return statuses;
    }

    std::uint16_t rtsp_port() const override {
        const std::lock_guard lock(mounts_mutex_);
        return rtsp_ ? rtsp_->port() : std::uint16_t{0};
    }

private:
    std::shared_ptr<LiveStream> make_stream(const CameraSpec& camera, const StreamSpec& stream);
    Result<Door> find(const std::string& id, const std::string& stream) const;
    Result<std::shared_ptr<Viewing>> view(const Door& door, ViewWish wish = {}) const;
    Result<std::shared_ptr<Viewing>> view_h264(const std::string& id, const std::string& stream);
    bool may_transcode() const {
        const std::lock_guard lock(mounts_mutex_);
        return options_.transcode;
    }
    Result<Still> fresh_still(const CameraTable::Streams& streams, std::chrono::milliseconds max_age, unsigned width, bool battery, bool stale_will_do);
    void mount_paths();
    Result<stream::MediaEndpoint> talk_endpoint(const std::string& id) const;
    OpenTalk talk_opener(const std::string& id);
    void run(const std::stop_token& stop);

    mutable std::mutex mounts_mutex_;  // guards mounted_, rtsp_, options_, budgets_
    ServiceOptions options_;
    const ServiceEvents events_;
    StreamLog log_;
    const std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
    const std::shared_ptr<ViewerLimit> limit_;
    CameraTable cameras_;
    Transcoders transcoders_;
    Talks talks_;
    Shelf shelf_;
    Stills stills_;
    struct Mounted {
        std::weak_ptr<LiveStream> stream;
        Door door;  ///< without the stream, which is not to be kept
    };
    std::map<std::string, Mounted> mounted_;
    std::map<std::string, std::shared_ptr<DayBudget>> budgets_;  // of battery cameras
    std::unique_ptr<rtsp::Server> rtsp_;
    webrtc::Peers peers_;
    std::jthread control_;
};

std::shared_ptr<LiveStream> ServiceImpl::make_stream(const CameraSpec& camera, const StreamSpec& stream) {
    LiveStreamOptions options;
    options.view_limit = camera.view_limit;
    if (camera.day_limit.count() > 0) {
        const std::lock_guard lock(mounts_mutex_);
        auto& budget = budgets_[camera.id];  // what was spent stays when the camera is set anew
        if (!budget || budget->limit() != camera.day_limit) budget = std::make_shared<DayBudget>(camera.day_limit);
        options.budget = budget;
    }
    {
        const std::lock_guard lock(mounts_mutex_);
        options.linger = options_.linger;
        options.stall_timeout = options_.stall_timeout;
    }
    return std::make_shared<LiveStream>(
        stream, options, wake_, limit_,
        [this, id = camera.id](const StreamStatus& status) {  // on the control thread, which this object joins
            log_.on_change(id, status);
            if (events_.stream_changed) events_.stream_changed(id, status);
        });
}

Result<Door> ServiceImpl::find(const std::string& id, const std::string& stream) const {
    if (auto found = cameras_.find(id, stream)) return found;
    if (cameras_.streams_of(id).empty()) return fail(Errc::refused, "there is no camera " + id);
    return fail(Errc::refused, "camera " + id + " has no stream " + stream);
}

Result<std::shared_ptr<Viewing>> ServiceImpl::view(const Door& door, ViewWish wish) const {
    wish.lens = door.lens;
    auto viewing = door.stream->view(wish);
    if (!viewing) return tl::unexpected(std::move(viewing).error().error);
    return std::move(*viewing);
}

// For viewers that take no H.265: the lesser stream when it is H.264, else a transcoding where that is allowed.
Result<std::shared_ptr<Viewing>> ServiceImpl::view_h264(const std::string& id, const std::string& stream) {
    const auto wanted = TRY(find(id, stream));
    const auto lesser = cameras_.find(id, lesser_of(stream));
    std::shared_ptr<Viewing> as_it_is;
    if (wanted.stream->known_format().video != Codec::h265 || !lesser) {
        as_it_is = TRY(view(wanted));
        if (as_it_is->format().video == Codec::h264) return as_it_is;
    }
    if (lesser && lesser.stream->known_format().video != Codec::h265) {
        auto viewing = TRY(view(lesser));
        if (viewing->format().video == Codec::h264) return viewing;
    }
    if (!may_transcode())
        return fail(Errc::unsupported, "the camera sends H.265, which this viewer does not take, and has no H.264 stream; use RTSP, set its video to "
                                       "H.264 in the vendor's app, or allow media.transcode");
    if (!as_it_is) as_it_is = TRY(view(wanted));
    return transcoders_.view(std::move(as_it_is));
}

Result<Still> ServiceImpl::still(const std::string& id, std::chrono::milliseconds max_age, unsigned width, bool allow_stale) {
    const auto streams = cameras_.streams_of(id);
    if (streams.empty()) return fail(Errc::refused, "there is no camera " + id);
    const auto camera = cameras_.spec(id);
    const bool battery = camera && camera->spec.view_limit.count() > 0;
    const Finally tidy_later([this] { wake_->notify(); });  // what made the picture is to rest some time
    auto fresh = fresh_still(streams, max_age, width, battery, allow_stale);
    if (fresh || !allow_stale) return fresh;
    std::shared_ptr<LiveStream> newest;
    SteadyTime newest_arrival{};
    for (const auto& stream : streams)
        if (const auto keyframe = stream->hub()->last_keyframe(); keyframe && keyframe->arrival > newest_arrival) {
            newest_arrival = keyframe->arrival;
            newest = stream;
        }
    return newest ? stills_.of_keyframe(*newest->hub(), width) : fresh;
}

// Without opening anything when a cached picture is young enough or a stream runs anyway: a still never costs a second
// camera session.
Result<Still> ServiceImpl::fresh_still(const CameraTable::Streams& streams, std::chrono::milliseconds max_age, unsigned width, bool battery,
                                       bool stale_will_do) {
    const auto oldest = std::chrono::steady_clock::now() - max_age;
    for (const auto& stream : streams)
        if (const auto keyframe = stream->hub()->last_keyframe(); keyframe && keyframe->arrival >= oldest)
            return stills_.of_keyframe(*stream->hub(), width);
    for (const auto& stream : streams)
        if (stream->hub()->has_keyframe()) return stills_.of_newest(*stream->hub(), width);
    if (battery) {
        if (stale_will_do) return fail(Errc::refused, "the camera saves its battery, and there is no picture of it yet; watch it once, or ask with max_age_s=0");
        // A picture without a video session costs it least, where it knows that request.
        const stream::MediaEndpoint& endpoint = streams.front()->spec().endpoint;
        if (endpoint.scheme == stream::Scheme::tapo)
            if (auto jpeg = fetch_picture(endpoint, {}, stream::DownloadKind::picture, kPictureLimit)) return Still{std::move(*jpeg), std::chrono::system_clock::now()};
    }
    // Nothing runs. The lesser stream costs camera and network less.
    const auto sub = std::find_if(streams.begin(), streams.end(), [](const auto& s) { return s->spec().name == "sub"; });
    const auto& chosen = sub == streams.end() ? streams.front() : *sub;
    const auto viewing = TRY(view(Door{chosen, 0}, {.counted = false, .sound = false}));
    return stills_.of_newest(viewing->hub(), width);
}

Result<stream::MediaEndpoint> ServiceImpl::talk_endpoint(const std::string& id) const {
    const auto camera = cameras_.spec(id);
    if (!camera) return fail(Errc::refused, "there is no camera " + id);
    if (camera->unavailable) return fail(Errc::refused, *camera->unavailable);
    if (!camera->spec.talk) return fail(Errc::unsupported, "this camera cannot be talked to");
    return *camera->spec.talk;
}

// Live speech: what the camera does not take in time is of no use later.
OpenTalk ServiceImpl::talk_opener(const std::string& id) {
    return [this, id]() -> Result<std::shared_ptr<TalkLine>> {
        return std::shared_ptr<TalkLine>(talks_.begin(id, TRY(talk_endpoint(id)), {}));
    };
}

void ServiceImpl::mount_paths() {
    const auto paths = cameras_.paths();
    const std::lock_guard lock(mounts_mutex_);
    if (!rtsp_) return;
    for (auto at = mounted_.begin(); at != mounted_.end();) {
        const auto now = paths.find(at->first);
        Door before = at->second.door;
        before.stream = at->second.stream.lock();
        if (now != paths.end() && now->second == before) {
            ++at;
            continue;
        }
        rtsp_->unmount(at->first);
        at = mounted_.erase(at);
    }
    for (const auto& [path, door] : paths) {
        Door kept = door;
        kept.stream.reset();
        if (!mounted_.emplace(path, Mounted{door.stream, std::move(kept)}).second) continue;
        rtsp_->mount(path, [weak = std::weak_ptr(door.stream), lens = door.lens]() -> tl::expected<std::shared_ptr<Viewing>, Denial> {
            if (const auto alive = weak.lock()) return alive->view({.limit = kViewLimit, .lens = lens});
            return tl::unexpected(Denial{false, Error{Errc::refused, "the camera was removed", 0, {}}});
        }, door.talks ? talk_opener(door.camera) : OpenTalk{});
    }
}

void ServiceImpl::run(const std::stop_token& stop) {
    constexpr std::chrono::hours kIdle{1};
    while (!stop.stop_requested()) {
        SteadyTime next = std::chrono::steady_clock::now() + kIdle;
        for (const auto& stream : cameras_.all()) next = std::min(next, stream->step(std::chrono::steady_clock::now()));
        cameras_.forget_closed();
        if (const auto due = stills_.rest(std::chrono::steady_clock::now())) next = std::min(next, *due);
        wake_->wait_until(next);
    }
}

}  // namespace

std::string_view to_string(StreamState state) {
    switch (state) {
    case StreamState::idle: return "idle";
    case StreamState::connecting: return "connecting";
    case StreamState::live: return "live";
    case StreamState::lingering: return "lingering";
    case StreamState::failed: return "failed";
    }
    return "idle";
}

Result<std::unique_ptr<Service>> Service::start(const ServiceOptions& options, ServiceEvents events) {
    auto service = std::make_unique<ServiceImpl>(options, std::move(events));
    TRY_VOID(service->listen());
    return std::unique_ptr<Service>(std::move(service));
}

}  // namespace tplink::media
