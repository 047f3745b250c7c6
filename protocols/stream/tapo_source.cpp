#include <atomic>
#include <chrono>
#include <deque>
#include <optional>

#include "protocols/stream/media_json.hpp"
#include "protocols/stream/media_login.hpp"
#include "protocols/stream/media_source.hpp"
#include "protocols/stream/part_decoder.hpp"
#include "protocols/stream/part_reader.hpp"
#include "protocols/stream/passwords.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr auto kGrantTimeout = 10s;
constexpr auto kWriteTimeout = 5s;
constexpr auto kStopTimeout = 200ms;     // best effort: a camera that does not listen must not delay the end
constexpr std::size_t kResyncLimit = 10; // per minute; beyond that a new connection is the better picture
constexpr std::string_view kDefaultBoundary = "--device-stream-boundary--";

std::optional<PartType> type_of(std::string_view content_type) {
    if (content_type == "video/mp2t" || content_type == "audio/mp2t") return PartType::mpegts;
    if (content_type == "image/jpeg") return PartType::jpeg;
    return std::nullopt;
}

/// A live session on port 8800 of a Tapo or VIGI camera. source: port8800.md.
class TapoSource final : public MediaSource {
public:
    TapoSource(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector,
               RandomBytes& random)
        : endpoint_(endpoint), connector_(std::move(connector)), random_(random) {}

    ~TapoSource() override {
        if (stream_ && granted_) {
            const std::string stop = client_part(stop_request(2), session_id_);
            [[maybe_unused]] const auto best_effort = stream_->write_all(as_bytes(stop), kStopTimeout);
        }
    }

    Result<void> open() override {
        if (auto done = start(); !done)
            return fail_in("video " + endpoint_.host + ":" + std::to_string(endpoint_.port),
                           std::move(done).error());
        return {};
    }

    Result<MediaPart> read(std::chrono::milliseconds timeout) override {
        const Time deadline = std::chrono::steady_clock::now() + timeout;
        if (early_) return *std::exchange(early_, std::nullopt);
        if (!stream_) return fail(Errc::unreachable, "stream is not open");
        for (;;) {
            if (auto media = TRY(next_media())) return std::move(*media);
            TRY_VOID(receive(deadline, "no video in time"));
        }
    }

    SourceStats stats() const override {
        return {parts_.load(), bytes_.load(), bad_parts_.load(), resyncs_.load()};
    }

    void cancel() override { connector_->cancel(); }

private:
    Result<void> start() {
        OpenSession session = TRY(log_in(endpoint_, *connector_, random_));
        const std::string_view type = session.head.header("content-type");
        if (!type.empty() && session.head.header("content-type", "multipart/").empty())
            return fail(Errc::malformed, "the port answers, but not with a video stream");
        std::optional<KeyExchange> exchange;
        if (const auto header = session.head.header("key-exchange"); !header.empty())
            exchange = TRY(parse_key_exchange(header));
        const Passwords passwords(endpoint_.scheme, endpoint_.credentials.password);
        decoder_.emplace(exchange,
                         passwords.for_media(session.accepted, exchange && exchange->encrypt_type == "3"));
        const std::string boundary = boundary_of(type);
        // From here to the end one reader has every byte: the first media part often shares a segment with
        // the reply.
        reader_.emplace(boundary.empty() ? kDefaultBoundary : boundary);
        reader_->feed(session.received);
        stream_ = std::move(session.stream);
        TRY_VOID(stream_->write_all(as_bytes(client_part(preview_request(endpoint_, 1), {})), kWriteTimeout));
        return wait_for_grant();
    }

    Result<void> wait_for_grant() {
        const Time deadline = std::chrono::steady_clock::now() + kGrantTimeout;
        while (!granted_ && !early_) {
            early_ = TRY(next_media(true));
            if (!granted_ && !early_)
                TRY_VOID(receive(deadline, "the camera does not answer the request for video"));
        }
        granted_ = true;
        return {};
    }

    /// The next media part among what has arrived. until_granted: stops behind the reply as well.
    Result<std::optional<MediaPart>> next_media(bool until_granted = false) {
        while (auto part = reader_->next()) {
            resyncs_ = reader_->resyncs();
            auto media = TRY(handle(*part));
            if (media || (until_granted && granted_)) return media;
        }
        return check_resyncs();
    }

    /// Nothing for parts that are no media or were dropped.
    Result<std::optional<MediaPart>> handle(Part& part) {
        auto plain = decoder_->decode(part);
        if (!plain) {
            ++bad_parts_;
            if (plain.error().code != Errc::malformed) return tl::unexpected(std::move(plain).error());
            reader_->put_back(part.body);
            return std::nullopt;
        }
        const std::string content_type = part.content_type();
        if (content_type == "application/json") {
            TRY_VOID(take_message(as_text(*plain)));
            return std::nullopt;
        }
        const auto type = type_of(content_type);
        if (!type || plain->empty()) return std::nullopt;
        ++parts_;
        bytes_ += plain->size();
        return MediaPart{*type, std::move(*plain)};
    }

    Result<void> take_message(std::string_view json) {
        auto message = read_message(json);
        if (!message && message.error().code == Errc::malformed) {
            ++bad_parts_;
            return {};
        }
        const Message read = TRY(std::move(message));
        if (read.granted && !granted_) session_id_ = read.session_id;
        granted_ = granted_ || read.granted;
        return {};
    }

    Result<std::optional<MediaPart>> check_resyncs() {
        const Time now = std::chrono::steady_clock::now();
        resyncs_ = reader_->resyncs();
        for (; seen_resyncs_ < reader_->resyncs(); ++seen_resyncs_) {
            recent_resyncs_.push_back(now);
            if (recent_resyncs_.size() > kResyncLimit) recent_resyncs_.pop_front();
        }
        if (recent_resyncs_.size() == kResyncLimit && now - recent_resyncs_.front() < 1min)
            return fail(Errc::unreachable, "the camera's stream is too damaged to go on");
        return std::nullopt;
    }

    Result<void> receive(Time deadline, std::string_view complaint) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= 0ms) return fail(Errc::timeout, std::string(complaint));
        auto count = stream_->read_some(chunk_, left);
        if (!count && count.error().code == Errc::timeout) return fail(Errc::timeout, std::string(complaint));
        const std::size_t size = TRY(std::move(count));
        if (size == 0) return fail(Errc::unreachable, "the camera closed the connection");
        reader_->feed(Bytes(chunk_).first(size));
        return {};
    }

    const MediaEndpoint endpoint_;
    std::unique_ptr<net::TcpConnector> connector_;
    RandomBytes& random_;
    std::unique_ptr<net::TcpStream> stream_;
    std::optional<PartDecoder> decoder_;
    std::optional<PartReader> reader_;
    std::string session_id_;
    bool granted_ = false;
    std::optional<MediaPart> early_; ///< media that came before the reply to our request
    std::uint64_t seen_resyncs_ = 0;
    std::deque<Time> recent_resyncs_;
    // Looked at by other threads while this one reads.
    std::atomic<std::uint64_t> parts_ = 0, bytes_ = 0, bad_parts_ = 0, resyncs_ = 0;
    Buffer chunk_ = Buffer(64U << 10);
};

} // namespace

std::unique_ptr<MediaSource> make_media_source(const MediaEndpoint& endpoint,
                                               std::unique_ptr<net::TcpConnector> connector,
                                               RandomBytes& random) {
    return std::make_unique<TapoSource>(endpoint, std::move(connector), random);
}

} // namespace tplink::stream
