#include "tests/simulators/media/connection.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

#include "tests/simulators/media/response_heads.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr int kErrorTooManyClients = -52407;
constexpr int kErrorTalkIsUsed = -52411;
constexpr int kErrorNoRecording = -52402;
constexpr int kErrorPrivacy = -64324;
constexpr int kErrorClientInvalid = -71103;
constexpr int kErrorUnknownMethod = -40210;
constexpr int kErrorNoClip = -1;
constexpr auto kWriteTimeout = 10s; // a client that reads nothing for so long is gone
constexpr auto kTooLate = 2s; // behind a slow reader: on to a keyframe of now, as an encoder's queue would
constexpr auto kTimely = 200ms;
constexpr std::size_t kDribble = 1000;

ts::StreamType stream_type(MediaAudio audio) {
    if (audio == MediaAudio::absent) return ts::StreamType::none;
    if (audio == MediaAudio::aac_16k) return ts::StreamType::aac;
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

constexpr std::string_view kFinished =
    R"({"type":"notification", "params":{"event_type":"stream_status", "status":"finished"}})";

/// "/stream?deviceId=X&..." of one of the hub's children.
bool names_child(std::string_view target, const std::vector<std::string>& children) {
    return std::ranges::any_of(children, [&](const std::string& child) {
        const auto at = target.find("deviceId=" + child);
        const auto end = at + 9 + child.size();
        return at != target.npos && (end == target.size() || target[end] == '&');
    });
}

bool has(const json::value& root, std::string_view pointer) {
    boost::system::error_code error;
    return root.find_pointer(pointer, error) != nullptr;
}

} // namespace

MediaConnection::MediaConnection(Fd socket, CameraState& camera, std::function<void()> on_end)
    : socket_(std::move(socket)), camera_(camera), on_end_(std::move(on_end)), born_(camera.fault_plan().generation) {
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
    end_talk();
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
    const MediaFaults faults = current_plan().faults;
    if (!pause(faults.head_delay, stop)) return false;
    if (head.method != "POST" || !head.target.starts_with("/stream")) {
        write(as_bytes("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), stop);
        return false;
    }
    const MediaServerOptions& options = camera_.options();
    if (!options.children.empty() && !names_child(head.target, options.children)) {
        write(as_bytes("HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), stop);
        return false;
    }
    const auto authorization =
        options.skips_digest ? Authorization::right : check_authorization(head, camera_);
    if (authorization != Authorization::right) {
        if (authorization == Authorization::wrong) ++camera_.tally.auth_failures;
        return write(as_bytes(unauthorized_head(options, camera_.issue_nonce())), stop) &&
               !faults.closes_after_401;
    }
    const bool empty_nonce = options.key_exchange == MediaKeyExchange::hkdf_empty_nonce;
    const bool is_hkdf = options.key_exchange == MediaKeyExchange::hkdf || empty_nonce;
    const std::string nonce = empty_nonce ? "" : random_nonce();
    const std::string salt = is_hkdf ? random_nonce() : "";
    const std::string secret = options.vendor == MediaVendor::vigi_plain_key ? options.password : camera_.secret();
    if (is_hkdf)
        key_ = derive_hkdf_key(nonce, salt, secret);
    else if (options.key_exchange == MediaKeyExchange::md5)
        key_ = derive_media_key(nonce, options.username, secret);
    else if (options.key_exchange == MediaKeyExchange::none)
        key_ = derive_media_key(nonce, "none", kFactorySecret);
    writer_.emplace("", key_);
    return write(as_bytes(ok_head(options, faults, nonce, salt)), stop);
}

void MediaConnection::serve(const std::stop_token& stop) {
    for (;;) {
        while (const auto part = input_.take_part()) handle(*part);
        if (input_.is_broken() || !send_due(stop) || !send_recording(stop) || !send_notes(stop) || !heart_beats()) return;
        if (!live_ && !pending_.empty()) {
            if (!write(std::exchange(pending_, {}), stop)) return;
        }
        Deadline deadline = live_ ? Deadline(live_->due()) : Deadline();
        if (const auto beat = camera_.options().heartbeat; beat > 0ms)
            deadline = std::min(deadline.value_or(last_beat_ + 2 * beat), last_beat_ + 2 * beat);
        if (!pump(deadline, stop)) return;
    }
}

void MediaConnection::handle(const ClientPart& part) {
    if (part.headers.contains("content-type") && part.headers.at("content-type") == "audio/mp2t") return take_speech(part);
    boost::system::error_code error;
    const json::value root = json::parse(part.body, error);
    if (error || !root.is_object()) return;
    const std::string_view event = text_at(root, "/params/event_type");
    if (event == "heartbeat") {
        last_beat_ = std::chrono::steady_clock::now();
        ++camera_.tally.heartbeats;
    }
    if (event == "stream_sequence" && download_ && part.headers.contains("x-data-received")) {
        download_->acknowledged = static_cast<unsigned>(std::atoi(part.headers.at("x-data-received").c_str()));
        ++camera_.tally.acknowledgements;
    }
    if (text_at(root, "/params/event_type") == "stream_status" &&
        text_at(root, "/params/status") == "stopped")
        end_stream();
    if (text_at(root, "/type") != "request") return;
    const std::string seq = has(root, "/seq") ? json::serialize(root.at("seq")) : "0";
    if (has(root, "/params/preview")) {
        start_preview(seq, text_at(root, "/params/preview/resolutions/0") != "VGA",
                      text_at(root, "/params/preview/audio/0") != "disable");
    } else if (has(root, "/params/talk")) {
        start_talk(seq);
    } else if (has(root, "/params/download")) {
        start_download(seq, part);
    } else if (has(root, "/params/stop")) {
        end_stream();
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
    const auto clip = camera_.clips().find(clip_name(options, main_stream), stream_type(options.audio),
                                           options.two_lenses ? "h264_sub" : "");
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
    const auto now = std::chrono::steady_clock::now() + current_plan().faults.first_part_delay;
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

void MediaConnection::end_stream() {
    end_preview();
    end_talk();
    download_.reset();
}

bool MediaConnection::heart_beats() const {
    const auto beat = camera_.options().heartbeat;
    return beat == 0ms || std::chrono::steady_clock::now() < last_beat_ + 2 * beat;
}

void MediaConnection::start_talk(const std::string& seq) {
    if (!talks_ && !camera_.enter_talk()) {
        ++camera_.tally.talks_refused;
        return reply(seq, kErrorTalkIsUsed, "");
    }
    talks_ = true;
    ++camera_.tally.talks_total;
    session_ = std::to_string(camera_.next_session_id());
    reply(seq, 0, session_);
}

void MediaConnection::end_talk() {
    if (talks_) camera_.leave_talk();
    talks_ = false;
}

/// Payloads of the PES of PID 0x0100, which the table on PID 0x1000 names as type 0x90.
void MediaConnection::take_speech(const ClientPart& part) {
    if (!talks_ || part.headers.find("x-session-id") == part.headers.end() || part.headers.at("x-session-id") != session_) return;
    const Bytes body = as_bytes(part.body);
    for (std::size_t at = 0; at + ts::kPacketSize <= body.size(); at += ts::kPacketSize) {
        const Bytes packet = body.subspan(at, ts::kPacketSize);
        if (u8(packet[0]) != 0x47 || ((u8(packet[1]) & 0x1FU) << 8U | u8(packet[2])) != 0x100) continue;
        std::size_t begin = 4;
        if ((u8(packet[3]) & 0x20U) != 0) begin += 1U + u8(packet[4]);
        if ((u8(packet[1]) & 0x40U) != 0 && begin + 9 <= packet.size()) begin += 9U + u8(packet[begin + 8]);
        if (begin < packet.size()) camera_.add_speech(packet.subspan(begin));
    }
}

void MediaConnection::start_download(const std::string& seq, const ClientPart& part) {
    const json::value wish = json::parse(part.body).at_pointer("/params/download");
    const json::object& fields = wish.as_object();
    const auto number = [&](const char* key) -> std::int64_t {
        const json::value* value = fields.if_contains(key);
        if (value == nullptr) return -1;
        return value->is_string() ? std::atoll(value->get_string().c_str()) : value->to_number<std::int64_t>();
    };
    const std::int64_t type = number("media_type"), start = number("start_time"), end = number("end_time");
    const MediaServerOptions& options = camera_.options();
    session_ = std::to_string(camera_.next_session_id());
    writer_.emplace(session_, key_);
    if (options.is_client && !options.is_client(number("client_id"))) return reply(seq, kErrorClientInvalid, "");
    if (type == 2 || type == 3) {
        if (options.jpeg.empty()) return reply(seq, kErrorUnknownMethod, "");
        const bool of_card = std::ranges::any_of(options.recordings, [&](const MediaRecording& r) { return r.start_s == start; });
        if (type == 2 && !of_card) return reply(seq, kErrorNoRecording, "");
        ++camera_.tally.pictures_total;
        reply(seq, 0, session_);
        writer_->append_picture(pending_, options.jpeg);
        return append_json_part(pending_, kFinished, "");
    }
    const bool known = std::ranges::any_of(options.recordings, [&](const MediaRecording& r) { return r.start_s == start && r.end_s == end; });
    const auto clip = camera_.main_clip();
    if (type != 0 || !known || !clip) return reply(seq, kErrorNoRecording, "");
    ++camera_.tally.downloads_total;
    reply(seq, 0, session_);
    const auto window = part.headers.find("x-data-window-size");
    download_.emplace(Download{LiveStream(clip, {.audio_pts_shift_90k = options.audio_pts_shift_90k}, {}, {}),
                               SteadyTime() + std::chrono::seconds(end - start), start,
                               window == part.headers.end() ? 50U : static_cast<unsigned>(std::atoi(window->second.c_str())), 0, 0});
}

/// As fast as the window allows.
bool MediaConnection::send_recording(const std::stop_token& stop) {
    while (download_ && download_->sent < download_->acknowledged + download_->window) {
        if (!pending_.empty() && !write(std::exchange(pending_, {}), stop)) return false;
        if (download_->stream.due() >= download_->end) {
            append_json_part(pending_, kFinished, "");
            download_.reset();
            return true;
        }
        const FaultPlan plan = current_plan();
        const ClipPart& part = download_->stream.part();
        const PartFault fault = trigger_.next(plan, part.packets.size() / ts::kPacketSize);
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(download_->stream.due().time_since_epoch());
        const std::string headers = "X-Data-Sequence: " + std::to_string(download_->sent++) + "\r\nX-Data-PTS: " +
                                    std::to_string(download_->start_s * 1000 + time.count()) + "\r\n" +
                                    (part.keyframe ? "X-If-IFrame: 1\r\n" : "");
        Buffer packets, out;
        download_->stream.append_next(packets, fault);
        if (fault == PartFault::stall) return true;
        if (fault == PartFault::close) return false;
        writer_->append_media(out, std::move(packets), fault, headers);
        if (fault == PartFault::reset) {
            write(Bytes(out).first(out.size() / 2), stop);
            close_with_reset(socket_);
            return false;
        }
        ++camera_.tally.parts;
        if (!write(out, stop)) return false;
        if (wait_for(socket_.get(), false, wakeup_, std::chrono::steady_clock::now()) == Wait::ready) return true; // acknowledgements
    }
    return true;
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
        const FaultPlan plan = current_plan();
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
    live_->append_next(packets, fault);
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

FaultPlan MediaConnection::current_plan() const {
    FaultPlan out = camera_.fault_plan();
    if (!out.faults.only_running || born_ < out.generation) return out;
    out.faults.part = PartFault::none;
    out.faults.bytes_per_s = 0;
    return out;
}

bool MediaConnection::write(Bytes data, const std::stop_token& stop) {
    const MediaFaults faults = current_plan().faults;
    const bool dribble = faults.dribble || faults.bytes_per_s > 0;
    const auto deadline = std::chrono::steady_clock::now() + kWriteTimeout;
    while (!data.empty() && !stop.stop_requested()) {
        const auto sent =
            send_some(socket_, data.first(dribble ? std::min(data.size(), kDribble) : data.size()));
        if (!sent) return false;
        camera_.tally.bytes += *sent;
        data = data.subspan(*sent);
        if (*sent > 0 && faults.bytes_per_s > 0)
            pause(std::chrono::milliseconds(*sent * 1000 / static_cast<std::size_t>(faults.bytes_per_s)), stop);
        if (*sent > 0) continue;
        const Wait wait = wait_for(socket_.get(), true, wakeup_, deadline);
        if (wait == Wait::timeout) return false;
        if (wait == Wait::woken) wakeup_.clear();
    }
    return data.empty();
}

} // namespace tplink::sim
