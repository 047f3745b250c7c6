#include "tests/simulators/media/connection.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <exception>
#include <utility>

#include "tests/simulators/media/response_heads.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr int kErrorTooManyClients = -52407;
constexpr int kErrorPrivacy = -64324;
constexpr int kErrorUnknownMethod = -40210;
constexpr int kErrorNoClip = -1;
constexpr auto kWriteTimeout = 10s; // a client that reads nothing for so long is gone
constexpr auto kTooLate = 2s; // behind a slow reader: on to a keyframe of now, as an encoder's queue would
constexpr auto kTimely = 200ms;
constexpr std::size_t kDribble = 1000;

ts::StreamType stream_type(MediaAudio audio) {
    if (audio == MediaAudio::absent) return ts::StreamType::none;
    return audio == MediaAudio::alaw_8k ? ts::StreamType::alaw : ts::StreamType::ulaw;
}

std::string clip_name(const MediaServerOptions& options, bool main_stream) {
    if (!main_stream) return "h264_sub";
    if (options.bench_clip) return "h264_bench";
    return options.codec == MediaCodec::h265 ? "h265_hd" : "h264_hd";
}

std::string_view text_at(const json::value& root, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* found = root.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string_view(found->get_string())
                                                  : std::string_view();
}

bool has(const json::value& root, std::string_view pointer) {
    boost::system::error_code error;
    return root.find_pointer(pointer, error) != nullptr;
}

} // namespace

MediaConnection::MediaConnection(Fd socket, CameraState& camera, std::function<void()> on_end)
    : socket_(std::move(socket)), camera_(camera), on_end_(std::move(on_end)) {
    ++camera_.tally.connections_open;
    ++camera_.tally.connections_total;
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

MediaConnection::~MediaConnection() {
    thread_.request_stop();
    wakeup_.signal();
}

void MediaConnection::post(std::string json, bool ends_stream) {
    const std::lock_guard lock(mutex_);
    notes_.push_back({std::move(json), ends_stream});
    wakeup_.signal();
}

void MediaConnection::run(const std::stop_token& stop) {
    try {
        if (log_in(stop)) serve(stop);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "simulated video port: %s\n", error.what());
    }
    end_preview();
    socket_.reset();
    --camera_.tally.connections_open;
    ended_ = true;
    on_end_();
}

bool MediaConnection::log_in(const std::stop_token& stop) {
    for (;;) {
        if (const auto head = input_.take_head()) {
            if (!answer(*head, stop)) return false;
            if (writer_) return true;
        } else if (input_.is_broken() || !pump({}, stop)) {
            return false;
        }
    }
}

/// False when the connection is to end.
bool MediaConnection::answer(const RequestHead& head, const std::stop_token& stop) {
    const MediaFaults faults = camera_.fault_plan().faults;
    if (!pause(faults.head_delay, stop)) return false;
    if (head.method != "POST" || !head.target.starts_with("/stream")) {
        write(as_bytes("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), stop);
        return false;
    }
    const MediaServerOptions& options = camera_.options();
    const auto authorization =
        options.skips_digest ? Authorization::right : check_authorization(head, camera_);
    if (authorization != Authorization::right) {
        if (authorization == Authorization::wrong) ++camera_.tally.auth_failures;
        return write(as_bytes(unauthorized_head(options, camera_.issue_nonce())), stop) &&
               !faults.closes_after_401;
    }
    const std::string nonce = random_nonce();
    if (options.key_exchange == MediaKeyExchange::md5)
        key_ = derive_media_key(nonce, options.username, camera_.secret());
    else if (options.key_exchange == MediaKeyExchange::none)
        key_ = derive_media_key(nonce, "none", kFactorySecret);
    writer_.emplace("", key_);
    return write(as_bytes(ok_head(options, faults, nonce)), stop);
}

void MediaConnection::serve(const std::stop_token& stop) {
    for (;;) {
        while (const auto part = input_.take_part()) handle(*part);
        if (input_.is_broken() || !send_due(stop) || !send_notes(stop)) return;
        if (!live_ && !pending_.empty()) {
            if (!write(std::exchange(pending_, {}), stop)) return;
        }
        if (!pump(live_ ? Deadline(live_->due()) : Deadline(), stop)) return;
    }
}

void MediaConnection::handle(const ClientPart& part) {
    boost::system::error_code error;
    const json::value root = json::parse(part.body, error);
    if (error || !root.is_object()) return; // talk audio, acknowledgements without a body
    if (text_at(root, "/params/event_type") == "stream_status" &&
        text_at(root, "/params/status") == "stopped")
        end_preview();
    if (text_at(root, "/type") != "request") return;
    const std::string seq = has(root, "/seq") ? json::serialize(root.at("seq")) : "0";
    if (has(root, "/params/preview")) {
        start_preview(seq, text_at(root, "/params/preview/resolutions/0") != "VGA",
                      text_at(root, "/params/preview/audio/0") != "disable");
    } else if (has(root, "/params/stop")) {
        end_preview();
        reply(seq, 0, "");
    } else {
        reply(seq, kErrorUnknownMethod, "");
    }
}

void MediaConnection::start_preview(const std::string& seq, bool main_stream, bool with_audio) {
    end_preview();
    const MediaServerOptions& options = camera_.options();
    const bool is_private = camera_.is_private();
    if (is_private || !camera_.enter_session()) {
        ++camera_.tally.sessions_refused;
        return reply(seq, is_private ? kErrorPrivacy : kErrorTooManyClients, "");
    }
    const auto clip = camera_.clips().find(clip_name(options, main_stream), stream_type(options.audio));
    if (!clip || clip->parts.empty()) {
        camera_.leave_session();
        std::fprintf(stderr, "simulated video port: no clip %s: build target `clips` (or `bench_clip`)\n",
                     clip_name(options, main_stream).c_str());
        return reply(seq, kErrorNoClip, "");
    }
    const bool audio = with_audio && options.audio != MediaAudio::absent;
    session_ = std::to_string(camera_.next_session_id());
    ++camera_.tally.sessions_total;
    if (audio) ++camera_.tally.sessions_with_audio;
    reply(seq, 0, session_);
    const auto now = std::chrono::steady_clock::now() + camera_.fault_plan().faults.first_part_delay;
    live_.emplace(clip,
                  LiveOptions{.with_audio = audio,
                              .waits_for_keyframe = options.waits_for_keyframe,
                              .first_pts_90k = options.first_pts_90k,
                              .audio_pts_shift_90k = options.audio_pts_shift_90k},
                  camera_.started(), now);
    writer_.emplace(session_, key_);
    needs_keyframe_ = false;
}

void MediaConnection::end_preview() {
    if (!live_) return;
    live_.reset();
    camera_.leave_session();
}

void MediaConnection::reply(const std::string& seq, int error_code, const std::string& session) {
    std::string text = "{\"type\":\"response\", \"seq\":" + seq +
                       ", \"params\":{\"error_code\":" + std::to_string(error_code);
    if (!session.empty()) text += ", \"session_id\":\"" + session + "\"";
    append_json_part(pending_, text + "}}", session);
}

/// Everything whose time has come. False when the connection is to end.
bool MediaConnection::send_due(const std::stop_token& stop) {
    for (int i = 0; live_; ++i) {
        const auto now = std::chrono::steady_clock::now();
        const FaultPlan plan = camera_.fault_plan();
        const bool due = live_->due() <= now;
        if (!pending_.empty() && (!due || plan.faults.split_reply) &&
            !write(std::exchange(pending_, {}), stop))
            return false;
        if (!due) return true;
        if (camera_.is_private() || live_->due() + kTooLate < now) needs_keyframe_ = true;
        const bool may_send = !needs_keyframe_ || (live_->part().keyframe && live_->due() + kTimely > now);
        if (camera_.is_private() || !may_send) {
            live_->skip();
            continue;
        }
        needs_keyframe_ = false;
        if (!send_next(plan, stop)) return false;
    }
    return true;
}

bool MediaConnection::send_next(const FaultPlan& plan, const std::stop_token& stop) {
    const PartFault fault = trigger_.next(plan, live_->part().packets.size() / ts::kPacketSize);
    if (fault == PartFault::stall) {
        live_->skip();
        needs_keyframe_ = true;
        return pending_.empty() || write(std::exchange(pending_, {}), stop);
    }
    if (fault == PartFault::close) return false;
    Buffer packets;
    live_->append_next(packets, fault == PartFault::broken_crc);
    Buffer out = std::exchange(pending_, {});
    writer_->append_media(out, std::move(packets), fault);
    if (fault == PartFault::reset) {
        write(Bytes(out).first(out.size() / 2), stop);
        close_with_reset(socket_);
        return false;
    }
    ++camera_.tally.parts;
    return write(out, stop);
}

bool MediaConnection::send_notes(const std::stop_token& stop) {
    for (;;) {
        Note note;
        {
            const std::lock_guard lock(mutex_);
            if (notes_.empty()) return true;
            note = std::move(notes_.front());
            notes_.pop_front();
        }
        if (!live_) continue;
        Buffer out;
        append_json_part(out, note.json, ""); // notifications often name no session
        if (!write(out, stop)) return false;
        if (note.ends_stream) end_preview();
    }
}

/// Waits for bytes, a wake-up or the deadline. False when the connection is to end.
bool MediaConnection::pump(Deadline deadline, const std::stop_token& stop) {
    const Wait wait = wait_for(socket_.get(), false, wakeup_, deadline);
    if (wait == Wait::woken) wakeup_.clear();
    if (stop.stop_requested()) return false;
    return wait != Wait::ready || receive_into(input_.buffer(), socket_) != Received::closed;
}

bool MediaConnection::pause(std::chrono::milliseconds time, const std::stop_token& stop) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < end)
        if (wait_for(-1, false, wakeup_, end) == Wait::woken) wakeup_.clear();
    return !stop.stop_requested();
}

bool MediaConnection::write(Bytes data, const std::stop_token& stop) {
    const bool dribble = camera_.fault_plan().faults.dribble;
    const auto deadline = std::chrono::steady_clock::now() + kWriteTimeout;
    while (!data.empty() && !stop.stop_requested()) {
        const auto sent =
            send_some(socket_, data.first(dribble ? std::min(data.size(), kDribble) : data.size()));
        if (!sent) return false;
        camera_.tally.bytes += *sent;
        data = data.subspan(*sent);
        if (*sent > 0) continue;
        const Wait wait = wait_for(socket_.get(), true, wakeup_, deadline);
        if (wait == Wait::timeout) return false;
        if (wait == Wait::woken) wakeup_.clear();
    }
    return data.empty();
}

} // namespace tplink::sim
