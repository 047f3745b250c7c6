#include <chrono>
#include <mutex>
#include <optional>

#include "protocols/stream/media_json.hpp"
#include "protocols/stream/media_session.hpp"
#include "protocols/stream/media_source.hpp"
#include "protocols/stream/tapo_source.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr auto kGrantTimeout = 10s;

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
        if (!session_ || !granted_) return;
        // Best effort: it frees the session at the camera at once.
        [[maybe_unused]] const auto sent = session_->send(stop_request(session_->next_seq()), session_header());
    }

    Result<void> open() override {
        if (auto done = start(); !done)
            return fail_in("video " + endpoint_.host + ":" + std::to_string(endpoint_.port),
                           std::move(done).error());
        return {};
    }

    Result<MediaPart> read(std::chrono::milliseconds timeout) override {
        const Time deadline = std::chrono::steady_clock::now() + timeout;
        if (!session_) return fail(Errc::unreachable, "stream is not open");
        for (;;) {
            while (auto part = TRY(session_->next()))
                if (auto media = TRY(handle(*part))) return std::move(*media);
            TRY_VOID(session_->receive(deadline, "no video in time"));
        }
    }

    SourceStats stats() const override {
        const std::lock_guard lock(mutex_);
        return session_ ? session_->stats() : SourceStats{};
    }

    void cancel() override { connector_->cancel(); }

private:
    PartHeaders session_header() const {
        return session_->session_id().empty() ? PartHeaders{} : PartHeaders{{"X-Session-Id", session_->session_id()}};
    }

    Result<void> start() {
        auto session = TRY(MediaSession::open(endpoint_, *connector_, random_));
        {
            const std::lock_guard lock(mutex_);
            session_ = std::move(session);
        }
        TRY_VOID(session_->send(preview_request(endpoint_, session_->next_seq())));
        TRY_VOID(session_->wait_for_grant(std::chrono::steady_clock::now() + kGrantTimeout,
                                          "the camera does not answer the request for video"));
        granted_ = true;
        return {};
    }

    /// Nothing for parts that are no media.
    Result<std::optional<MediaPart>> handle(PlainPart& part) {
        if (part.content_type == "application/json") {
            auto message = read_message(as_text(part.plain));
            if (!message && message.error().code != Errc::malformed)
                return tl::unexpected(std::move(message).error());
            if (!message) session_->count_bad_json();
            return std::nullopt;
        }
        const auto type = type_of(part.content_type);
        if (!type || part.plain.empty()) return std::nullopt;
        session_->count_media(part.plain.size());
        return MediaPart{*type, std::move(part.plain), clock_of(part.part), false};
    }

    const MediaEndpoint endpoint_;
    std::unique_ptr<net::TcpConnector> connector_;
    RandomBytes& random_;
    mutable std::mutex mutex_;  // guards the pointer: stats() comes from another thread than open()
    std::unique_ptr<MediaSession> session_;
    bool granted_ = false;
};

} // namespace

std::unique_ptr<MediaSource> make_tapo_source(const MediaEndpoint& endpoint,
                                              std::unique_ptr<net::TcpConnector> connector,
                                              RandomBytes& random) {
    return std::make_unique<TapoSource>(endpoint, std::move(connector), random);
}

} // namespace tplink::stream
