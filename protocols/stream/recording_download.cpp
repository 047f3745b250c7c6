#include <boost/json.hpp>
#include <charconv>
#include <mutex>

#include "protocols/stream/media_session.hpp"
#include "protocols/stream/recordings.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrantTimeout = 10s;
constexpr unsigned kWindow = 50, kAckEvery = 25; // large windows stall some cameras
constexpr std::string_view kAck = R"({"type":"notification","params":{"event_type":"stream_sequence"}})";

class TapoDownload final : public RecordingDownload {
public:
    TapoDownload(const MediaEndpoint& endpoint, const Recording& recording, DownloadKind kind, std::unique_ptr<net::TcpConnector> connector,
                 RandomBytes& random)
        : endpoint_(endpoint), recording_(recording), kind_(kind), connector_(std::move(connector)), random_(random) {}

    ~TapoDownload() override {
        if (!session_ || over_) return;
        [[maybe_unused]] const auto best_effort =
            session_->send(stop_request(session_->next_seq()), {{"X-Session-Id", session_->session_id()}});
    }

    Result<void> open() override {
        if (auto done = start(); !done)
            return fail_in("recording " + endpoint_.host + ":" + std::to_string(endpoint_.port), std::move(done).error());
        return {};
    }

    Result<std::optional<Piece>> next(std::chrono::milliseconds timeout) override {
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            while (auto part = TRY(session_->next())) {
                if (part->content_type == "application/json") {
                    if (TRY(is_end(as_text(part->plain)))) return std::nullopt;
                    continue;
                }
                if (auto piece = TRY(take(*part))) return piece;
            }
            TRY_VOID(session_->receive(deadline, "the camera stopped sending the recording"));
        }
    }

    void cancel() override { connector_->cancel(); }

private:
    Result<void> start() {
        const std::string player = hex_lower(random_.bytes(16));
        const std::string query = endpoint_.device_id.empty() ? ""
                                                              : "playerId=" + player + "&type=sdvod&start_time=" + std::to_string(recording_.start_s);
        session_ = TRY(MediaSession::open(endpoint_, *connector_, random_, query));
        TRY_VOID(session_->send(download_request(session_->next_seq(), endpoint_.channel, recording_, kind_, player),
                                {{"X-Data-Window-Size", std::to_string(kWindow)}}));
        TRY_VOID(session_->wait_for_grant(std::chrono::steady_clock::now() + kGrantTimeout,
                                          "the camera does not answer the request for a recording"));
        return {};
    }

    /// True for the clean end; another end of the stream is an error.
    Result<bool> is_end(std::string_view json) {
        json::error_code fault;
        const json::value value = json::parse(json, fault);
        if (fault) return false;
        const auto text = [&](std::string_view pointer) -> std::string_view {
            const json::value* found = value.find_pointer(pointer, fault);
            return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
        };
        const std::string_view status = text("/params/status"), reason = text("/params/reason");
        if (status == "finished" || status == "image_ended" || reason == "finish") {
            over_ = true;
            return true;
        }
        auto message = read_message(json);
        if (!message && message.error().code != Errc::malformed) return tl::unexpected(std::move(message).error());
        return false;
    }

    Result<std::optional<Piece>> take(PlainPart& part) {
        const bool ts = part.content_type == "video/mp2t" || part.content_type == "audio/mp2t";
        if (!ts && part.content_type != "image/jpeg") return std::nullopt;
        Piece piece;
        piece.sequence = sequence_of(part.part).value_or(count_);
        ++count_;
        if (ts && ++unacknowledged_ >= kAckEvery) {
            unacknowledged_ = 0;
            TRY_VOID(session_->send(kAck, {{"X-Data-Received", std::to_string(piece.sequence)}, {"X-Session-Id", session_->session_id()}}));
        }
        piece.part = {ts ? PartType::mpegts : PartType::jpeg, std::move(part.plain), clock_of(part.part), part.part.header("x-if-iframe") == "1"};
        return piece;
    }

    static std::optional<std::uint64_t> sequence_of(const Part& part) {
        const std::string_view text = part.header("x-data-sequence");
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
    }

    const MediaEndpoint endpoint_;
    const Recording recording_;
    const DownloadKind kind_;
    std::unique_ptr<net::TcpConnector> connector_;
    RandomBytes& random_;
    std::unique_ptr<MediaSession> session_;
    std::uint64_t count_ = 0;
    unsigned unacknowledged_ = 0;
    bool over_ = false;
};

} // namespace

std::unique_ptr<RecordingDownload> make_download(const MediaEndpoint& endpoint, const Recording& recording, DownloadKind kind,
                                                 std::unique_ptr<net::TcpConnector> connector, RandomBytes& random) {
    return std::make_unique<TapoDownload>(endpoint, recording, kind, std::move(connector), random);
}

} // namespace tplink::stream
