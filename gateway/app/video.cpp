#include "gateway/app/video.hpp"

#include <arpa/inet.h>
#include <array>
#include <cmath>
#include <cstring>
#include <ifaddrs.h>
#include <mutex>
#include <net/if.h>
#include <vector>
#include <unistd.h>

#include "gateway/app/camera_spec.hpp"
#include "gateway/app/events.hpp"
#include "gateway/app/login.hpp"
#include "gateway/app/views.hpp"
#include "media/plugins.hpp"
#include "media/service.hpp"
#include "media/still/picture_process.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

/// Address others reach this machine by: the first IPv4 one that is not loopback.
std::string own_address() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return "127.0.0.1";
    std::string found = "127.0.0.1";
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET || (one->ifa_flags & IFF_LOOPBACK) != 0 || (one->ifa_flags & IFF_UP) == 0) continue;
        std::array<char, INET_ADDRSTRLEN> text{};
        sockaddr_in address{};
        std::memcpy(&address, one->ifa_addr, sizeof address);
        found = ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
        break;
    }
    ::freeifaddrs(all);
    return found;
}

std::string codec_word(const std::optional<media::Codec>& codec) {
    if (!codec) return "";
    switch (*codec) {
    case media::Codec::h264: return "h264";
    case media::Codec::h265: return "h265";
    case media::Codec::pcma: return "pcma";
    case media::Codec::pcmu: return "pcmu";
    case media::Codec::aac: return "aac";
    }
    return "";
}

double tenths(double value) { return std::round(value * 10) / 10; }

json::object stream_json(const media::StreamStatus& status) {
    json::object out{{"name", status.name},
                     {"state", json::string(media::to_string(status.state))},
                     {"video", codec_word(status.format.video)},
                     {"audio", codec_word(status.format.audio)},
                     {"fps", tenths(status.hub.fps)},
                     {"bitrate_kbps", std::lround(status.hub.bitrate_kbps)},
                     {"keyframe_interval_s", tenths(status.hub.keyframe_interval_s)},
                     {"viewers", status.viewers},
                     {"reconnects", status.reconnects},
                     {"parts", status.source.parts},
                     {"bad_parts", status.source.bad_parts},
                     {"resyncs", status.source.resyncs},
                     {"gaps", status.damage.continuity_gaps},
                     {"lost_sync", status.damage.sync_losses},
                     {"bad_tables", status.damage.bad_crc},
                     {"dropped_frames", status.damage.dropped_units + status.damage.video.corrupt + status.damage.video.waiting},
                     {"clock_jumps", status.damage.clock_jumps},
                     {"missing_stamps", status.damage.missing_stamps},
                     {"skipped", status.hub.skipped},
                     {"error", nullptr}};
    if (status.error) out["error"] = status.error->what;
    return out;
}

bool is_private(const DeviceView& view) {
    const json::value* privacy = view.state.if_contains("privacy");
    return privacy != nullptr && *privacy == json::value("ON");
}

/// Why no camera session may be opened now; nothing when one may.
std::optional<std::string> obstacle(const DeviceView& view) {
    if (is_private(view)) return "Privacy is on: the camera sends no picture until it is switched off.";
    // The control login judges the password first: one attempt, not one per port.
    const bool undecided = !view.online && !view.problem && view.last_seen() == WallTime{};
    if (undecided) return "The gateway is still logging in to the camera; try again in a moment.";
    // A refused password must not be tried again through the video port: devices lock out.
    if (view.problem && (view.problem->code == Errc::auth_failed || view.problem->code == Errc::locked_out)) return view.problem->message;
    return std::nullopt;
}

media::ServiceOptions service_options(const Config& config, const Credentials& rtsp_user) {
    media::ServiceOptions options;
    options.rtsp_enabled = config.rtsp.enabled;
    options.rtsp_address = config.rtsp.listen.address;
    options.rtsp_port = config.rtsp.listen.port;
    options.rtsp_user = rtsp_user;
    options.webrtc_port_min = config.webrtc.port_min;
    options.webrtc_port_max = config.webrtc.port_max;
    options.webrtc_candidates = config.webrtc.candidates;
    options.transcode = config.media.transcode;
    options.viewers_max = config.media.viewers_max;
    options.linger = config.media.linger;
    options.picture_program = "/proc/self/exe";
    return options;
}

class MediaVideo final : public Video {
public:
    MediaVideo(Config config, std::unique_ptr<media::Service> service) : config_(std::move(config)), service_(std::move(service)) {}

    Result<void> configure(const Config& config, const Credentials& rtsp_user) override {
        {
            const std::lock_guard lock(mutex_);
            config_ = config;
            for (auto& [id, known] : known_) known.fingerprint.clear();
        }
        return service_->configure(service_options(config, rtsp_user));
    }

    void set_device(const DeviceView& view, const Registry::Access& access) override {
        if (!view.has_picture() || !view.mac_known() || access.config.stream == StreamChoice::off) return remove_device(view.id);
        const std::string fingerprint = view.host + "|" + view.name + "|" + std::to_string(access.config.media_port) + "|" +
                                        access.credentials.password.reveal() + "|" + (has_battery(view, access.config) ? "battery" : "mains") + "|" +
                                        std::to_string(static_cast<int>(access.config.stream)) + std::to_string(static_cast<int>(access.config.battery)) +
                                        std::to_string(static_cast<int>(access.config.video_source)) + "|" + access.config.camera_account.username + "|" +
                                        access.config.camera_account.password.reveal() + "|" + view.identity.device_id + "|" + std::to_string(lens_count(view));
        const auto reason = obstacle(view);
        const std::lock_guard lock(mutex_);
        Known& known = known_[view.id];
        known.host = view.host;
        if (const auto alias = slug(view.name); !alias.empty()) known.alias = alias;
        if (known.fingerprint != fingerprint) service_->set_camera(camera_spec(view, access, config_));
        if (known.reason != reason || known.fingerprint.empty()) service_->set_unavailable(view.id, reason);
        known.fingerprint = fingerprint;
        known.reason = reason;
        known.is_private = is_private(view);
        known.lenses = lens_count(view);
    }

    void remove_device(const std::string& id) override {
        const std::lock_guard lock(mutex_);
        if (known_.erase(id) > 0) service_->remove_camera(id);
    }

    void forgive(const std::string& id) override {
        const std::lock_guard lock(mutex_);
        if (const auto at = known_.find(id); at != known_.end()) at->second.fingerprint.clear();
    }

    json::value facts(const std::string& id) const override {
        bool two = false;
        {
            const std::lock_guard lock(mutex_);
            const auto at = known_.find(id);
            if (at == known_.end()) return nullptr;
            two = at->second.lenses > 1;
        }
        json::array streams;
        for (const media::StreamStatus& status : service_->status(id)) streams.push_back(stream_json(status));
        json::array rtsp;
        if (service_->rtsp_port() != 0)
            for (const char* path : two ? std::vector{"", "/sub", "/2", "/2/sub"} : std::vector{"", "/sub"})
                rtsp.emplace_back("rtsp://" + host_for_urls() + ":" + std::to_string(service_->rtsp_port()) + "/" + id + path);
        return json::object{{"streams", std::move(streams)},
                            {"urls", json::object{{"rtsp", std::move(rtsp)},
                                                  {"page", page_address()},
                                                  {"whep", "api/devices/" + id + "/whep"},
                                                  {"mp4", "api/devices/" + id + "/live.mp4"},
                                                  {"mjpeg", "api/devices/" + id + "/live.mjpeg"},
                                                  {"talk", "api/devices/" + id + "/talk"},
                                                  {"recordings", "api/devices/" + id + "/recordings"},
                                                  {"snapshot", "api/devices/" + id + "/snapshot.jpg"}}}};
    }

    Result<VideoPicture> picture(const std::string& id, std::chrono::milliseconds max_age, unsigned width, bool allow_stale) override {
        if (const auto reason = privacy(id)) return fail(Errc::refused, *reason);  // nor one from before it was switched on
        const auto still = TRY(service_->still(id, max_age, width, allow_stale));
        return VideoPicture{std::string(as_text(still.jpeg)), still.taken};
    }

    Result<VideoAnswer> whep_open(const std::string& id, const std::string& stream, const std::string& offer) override {
        const auto session = TRY(service_->whep_open(id, stream, offer));
        return VideoAnswer{session.session, session.answer};
    }

    Result<void> whep_trickle(const std::string& session, const std::string& fragment) override {
        return service_->whep_trickle(session, fragment);
    }

    bool has_stream(const std::string& id, const std::string& stream) const override { return service_->has_stream(id, stream); }

    Result<VideoFeed> live(const std::string& id, const LiveWish& wish) override {
        auto opened = wish.mjpeg ? service_->live_mjpeg(id, wish.stream, {wish.width, wish.fps}) : service_->live_mp4(id, wish.stream, wish.h265);
        const std::shared_ptr<media::ByteFeed> feed = TRY(std::move(opened));
        return VideoFeed{feed->content_type(), [feed](std::chrono::milliseconds timeout) -> Result<std::string> {
                             const Buffer piece = TRY(feed->next(timeout));
                             return std::string(as_text(piece));
                         }};
    }

    Result<VideoRecording> recording(const std::string& id, const VideoSpan& span, bool early) override {
        const stream::Recording wanted{span.start_s, span.end_s, 0, span.client_id};
        const auto found = early ? TRY(service_->watch_recording(id, wanted)) : media::WatchedRecording{TRY(service_->recording(id, wanted)), nullptr, ""};
        if (found.file) return VideoRecording{found.file->path(), found.file->size(), found.file};
        VideoFeed feed{found.content_type, [reader = found.reader](std::chrono::milliseconds timeout) -> Result<std::string> {
                           const Buffer piece = TRY(reader->next(timeout));
                           return std::string(as_text(piece));
                       }};
        return VideoRecording{"", 0, nullptr, std::move(feed)};
    }

    Result<std::string> thumbnail(const std::string& id, const VideoSpan& span) override {
        const auto jpeg = TRY(service_->thumbnail(id, {span.start_s, span.end_s, 0, span.client_id}));
        return std::string(as_text(*jpeg));
    }

    Result<void> speak(const std::string& id, std::string_view sound, const std::string& content_type) override {
        return service_->speak(id, as_bytes(sound), content_type);
    }

    bool whep_close(const std::string& session) override { return service_->whep_close(session); }

    void release() override {
        service_->stop_recordings();
        const std::lock_guard lock(mutex_);
        for (const auto& [id, known] : known_) service_->set_unavailable(id, "the gateway is stopping");
    }

    unsigned viewers() const override {
        std::vector<std::string> ids;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [id, known] : known_) ids.push_back(id);
        }
        unsigned count = 0;
        for (const std::string& id : ids)
            for (const media::StreamStatus& status : service_->status(id)) count += status.viewers;
        return count;
    }

    std::uint16_t rtsp_port() const override { return service_->rtsp_port(); }

private:
    struct Known {
        std::string fingerprint, alias, host;
        std::optional<std::string> reason;
        bool is_private = false;
        std::int64_t lenses = 0;
    };
    std::optional<std::string> privacy(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto at = known_.find(id);
        return at != known_.end() && at->second.is_private ? at->second.reason : std::nullopt;
    }
    /// "http://192.168.1.5:8745/"
    std::string page_address() const {
        const std::string host = host_for_urls();
        const std::lock_guard lock(mutex_);
        return http_scheme(config_.http) + host + ":" + std::to_string(config_.http.listen.port) + "/";
    }
    std::string host_for_urls() const {
        const std::lock_guard lock(mutex_);
        const std::string& address = config_.rtsp.listen.address;
        return address == "0.0.0.0" || address == "::" || address == "[::]" ? own_address() : address;
    }

    mutable std::mutex mutex_;
    Config config_;
    std::map<std::string, Known> known_;
    std::unique_ptr<media::Service> service_;  // last: until it is gone its thread may ask for facts
};

std::string_view level_word(media::LogLevel level) {
    switch (level) {
    case media::LogLevel::debug: return "debug";
    case media::LogLevel::info: return "info";
    case media::LogLevel::warning: return "warning";
    case media::LogLevel::error: return "error";
    }
    return "info";
}

}  // namespace

void prepare_video() { media::prepare_gstreamer(); }

int decode_pictures() { return media::serve_pictures(STDIN_FILENO); }

Result<std::unique_ptr<Video>> make_video(const Config& config, const Credentials& rtsp_user, VideoEvents events) {
    media::ServiceEvents hooks;
    hooks.stream_changed = [changed = events.stream_changed](const std::string& id, const media::StreamStatus& status) {
        if (changed) changed(id, stream_json(status));
    };
    hooks.log = [log = events.log](media::LogLevel level, const std::string& id, const std::string& line) {
        if (log) log(std::string(level_word(level)), id, line);
    };
    auto service = TRY(media::Service::start(service_options(config, rtsp_user), std::move(hooks)));
    return std::unique_ptr<Video>(std::make_unique<MediaVideo>(config, std::move(service)));
}

}  // namespace tplink::gateway
