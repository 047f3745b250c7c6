#include "protocols/stream/media_session.hpp"

#include <algorithm>
#include <charconv>

#include "protocols/stream/media_login.hpp"
#include "protocols/stream/passwords.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kWriteTimeout = 5s;
constexpr auto kUsualHeartbeat = 15s;    // of a hub that names no interval
constexpr auto kShortestHeartbeat = 1s;
constexpr std::size_t kResyncLimit = 10; // per minute; beyond that a new connection is the better picture
constexpr std::size_t kMaxEarly = 64;    // parts before the reply to a request: one key frame has a dozen
constexpr std::string_view kDefaultBoundary = "--device-stream-boundary--";
constexpr std::string_view kHeartbeat = R"({"type":"notification","params":{"event_type":"heartbeat"}})";

/// Asked for by the head of the 200, or by the hub whose child this is.
std::chrono::seconds heartbeat_of(const ResponseHead& head, const MediaEndpoint& endpoint) {
    const std::string_view text = head.header("x-hb");
    int seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (seconds > 0) return std::max<std::chrono::seconds>(std::chrono::seconds(seconds), kShortestHeartbeat);
    return endpoint.device_id.empty() ? 0s : kUsualHeartbeat;
}

} // namespace

MediaSession::~MediaSession() = default;

Result<std::unique_ptr<MediaSession>> MediaSession::open(const MediaEndpoint& endpoint,
                                                         net::TcpConnector& connector, RandomBytes& random,
                                                         std::string_view query) {
    OpenSession opened = TRY(log_in(endpoint, connector, random, query));
    auto session = std::unique_ptr<MediaSession>(new MediaSession);
    TRY_VOID(session->begin(endpoint, std::move(opened)));
    return session;
}

Result<void> MediaSession::begin(const MediaEndpoint& endpoint, OpenSession session) {
    const std::string_view type = session.head.header("content-type");
    if (!type.empty() && session.head.header("content-type", "multipart/").empty())
        return fail(Errc::malformed, "the port answers, but not with a video stream");
    std::optional<KeyExchange> exchange;
    if (const auto header = session.head.header("key-exchange"); !header.empty())
        exchange = TRY(parse_key_exchange(header));
    const Passwords passwords(endpoint.scheme, endpoint.credentials.password);
    decoder_.emplace(exchange,
                     passwords.for_media(session.accepted, exchange && exchange->encrypt_type == "3"),
                     endpoint.key_memory);
    const std::string boundary = boundary_of(type);
    reader_.emplace(boundary.empty() ? kDefaultBoundary : boundary);
    reader_->feed(session.received);
    stream_ = std::move(session.stream);
    heartbeat_ = heartbeat_of(session.head, endpoint);
    next_beat_ = std::chrono::steady_clock::now() + heartbeat_;
    return {};
}

Result<void> MediaSession::send(std::string_view json, const PartHeaders& headers) {
    return stream_->write_all(as_bytes(client_part(json, headers)), kWriteTimeout);
}

Result<void> MediaSession::send_media(Bytes body, std::string_view content_type) {
    return send_raw(client_media_part(body, content_type, session_id_));
}

Result<void> MediaSession::send_raw(Bytes bytes) { return stream_->write_all(bytes, kWriteTimeout); }

Result<std::optional<PlainPart>> MediaSession::next() {
    if (!early_.empty()) {
        PlainPart first = std::move(early_.front());
        early_.pop_front();
        return first;
    }
    return take_arrived();
}

Result<std::optional<PlainPart>> MediaSession::take_arrived() {
    while (auto part = reader_->next()) {
        resyncs_ = reader_->resyncs();
        auto plain = decoder_->decode(*part);
        if (plain) {
            std::string type = part->content_type();
            return PlainPart{std::move(*part), std::move(*plain), std::move(type)};
        }
        ++bad_parts_;
        if (plain.error().code != Errc::malformed) return tl::unexpected(std::move(plain).error());
        reader_->put_back(part->body);
    }
    TRY_VOID(check_resyncs());
    return std::nullopt;
}

Result<void> MediaSession::check_resyncs() {
    const Time now = std::chrono::steady_clock::now();
    resyncs_ = reader_->resyncs();
    for (; seen_resyncs_ < reader_->resyncs(); ++seen_resyncs_) {
        recent_resyncs_.push_back(now);
        if (recent_resyncs_.size() > kResyncLimit) recent_resyncs_.pop_front();
    }
    if (recent_resyncs_.size() == kResyncLimit && now - recent_resyncs_.front() < 1min)
        return fail(Errc::unreachable, "the camera's stream is too damaged to go on");
    return {};
}

Result<void> MediaSession::beat() {
    const Time now = std::chrono::steady_clock::now();
    if (heartbeat_ == 0s || now < next_beat_) return {};
    next_beat_ = now + heartbeat_;
    return send(kHeartbeat);
}

Result<void> MediaSession::receive(Time deadline, std::string_view complaint) {
    for (;;) {
        TRY_VOID(beat());
        const Time now = std::chrono::steady_clock::now();
        if (now >= deadline) return fail(Errc::timeout, std::string(complaint));
        const bool beats = heartbeat_ > 0s && next_beat_ < deadline;
        const Time until = beats ? next_beat_ : deadline;
        const auto left = std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(until - now));
        auto count = stream_->read_some(chunk_, left);
        if (!count && count.error().code == Errc::timeout) {
            if (beats) continue;
            return fail(Errc::timeout, std::string(complaint));
        }
        const std::size_t size = TRY(std::move(count));
        if (size == 0) return fail(Errc::unreachable, "the camera closed the connection");
        reader_->feed(Bytes(chunk_).first(size));
        return {};
    }
}

Result<void> MediaSession::listen_until(Time until) {
    auto received = receive(until, "nothing came");
    if (!received && received.error().code == Errc::timeout) return {};
    return received;
}

Result<Message> MediaSession::wait_for_grant(Time deadline, std::string_view complaint) {
    for (;;) {
        while (auto part = TRY(take_arrived())) {
            if (part->content_type != "application/json") {
                if (early_.size() < kMaxEarly) early_.push_back(std::move(*part));
                continue;
            }
            auto message = read_message(as_text(part->plain));
            if (!message && message.error().code == Errc::malformed) {
                count_bad_json();
                continue;
            }
            Message read = TRY(std::move(message));
            if (!read.granted) continue;
            session_id_ = read.session_id;
            return read;
        }
        TRY_VOID(receive(deadline, complaint));
    }
}

void MediaSession::count_media(std::size_t bytes) {
    ++parts_;
    bytes_ += bytes;
}

} // namespace tplink::stream
