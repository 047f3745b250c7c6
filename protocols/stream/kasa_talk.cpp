#include <array>

#include "protocols/base/crypto.hpp"
#include "protocols/stream/http_head.hpp"
#include "protocols/stream/kasa_source.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kTalkPort = 18443;
constexpr auto kConnectTimeout = 8s;
constexpr auto kWriteTimeout = 5s;
constexpr auto kStopTimeout = 200ms;
constexpr auto kVerdict = 300ms;     // a refusal comes at once; a camera that listens says nothing until the end
constexpr auto kHeartbeat = 3s;
constexpr std::string_view kUserAgent = "Kasa/1752 CFNetwork/3860.500.112 Darwin/25.4.0";

std::string chunk(std::string_view text) {
    std::string out;
    const std::size_t size = text.size();
    char digits[16];
    std::size_t at = sizeof digits;
    for (std::size_t rest = size; rest > 0 || at == sizeof digits; rest /= 16) digits[--at] = "0123456789abcdef"[rest % 16];
    out.append(digits + at, sizeof digits - at).append("\r\n").append(text).append("\r\n");
    return out;
}

std::string part(std::string_view type, std::string_view body) {
    return "--audio-boundary--\r\nContent-Length: " + std::to_string(body.size()) + "\r\nContent-Type: " + std::string(type) + "\r\n\r\n" +
           std::string(body) + "\r\n";
}

/// One endless request: its body is the speech, its answer comes when it ends.
class KasaTalk final : public TalkSession {
public:
    KasaTalk(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector, RandomBytes& random)
        : endpoint_(endpoint), connector_(std::move(connector)), player_("tty." + hex_lower(random.bytes(16))) {}

    ~KasaTalk() override {
        if (!stream_) return;
        [[maybe_unused]] const auto best_effort = stream_->write_all(as_bytes("0\r\n\r\n"), kStopTimeout);
    }

    Result<void> open() override {
        if (auto done = start(); !done) {
            stream_.reset();
            return fail_in("talk " + endpoint_.host + ":" + std::to_string(port()), std::move(done).error());
        }
        return {};
    }

    SpeechCodec codec() const override { return SpeechCodec::ulaw; }

    Result<void> send(Bytes frame) override {
        if (!stream_) return fail(Errc::unreachable, "talk is not open");
        std::string text;
        if (std::chrono::steady_clock::now() >= next_beat_) text = beat();
        text += chunk(part("audio/g711u", as_text(frame)));
        return stream_->write_all(as_bytes(text), kWriteTimeout);
    }

    Result<void> listen_until(std::chrono::steady_clock::time_point until) override {
        if (!stream_) return fail(Errc::unreachable, "talk is not open");
        while (std::chrono::steady_clock::now() < until) TRY_VOID(hear(until));
        return {};
    }

    void cancel() override { connector_->cancel(); }

private:
    std::uint16_t port() const { return endpoint_.talk_port != 0 ? endpoint_.talk_port : kTalkPort; }

    Result<void> start() {
        if (endpoint_.credentials.password.empty()) return fail(Errc::auth_failed, "talking needs the TP-Link account: set account.username and account.password");
        stream_ = TRY(connector_->connect(endpoint_.host, port(), kConnectTimeout));
        // Other than for video, this port takes the password as MD5.
        const Secret secret(crypto::md5_hex_lower(endpoint_.credentials.password.reveal()));
        std::string head = "POST /https/speaker/audio/g711block?playerId=" + player_ + " HTTP/1.1\r\n";
        head += "Host: " + endpoint_.host + ":" + std::to_string(port()) + "\r\n";
        head += "Authorization: " + kasa_basic(endpoint_.credentials.username, secret) + "\r\n";
        head += "X-APP-ID: " + player_ + "\r\nUser-Agent: " + std::string(kUserAgent) + "\r\n";
        head += "Content-Type: multipart/x-mixed-replace;boundary=audio-boundary--\r\nTransfer-Encoding: chunked\r\n\r\n";
        TRY_VOID(stream_->write_all(as_bytes(head + beat()), kWriteTimeout));
        const auto until = std::chrono::steady_clock::now() + kVerdict;
        while (!judged_ && std::chrono::steady_clock::now() < until) TRY_VOID(hear(until));
        return {};
    }

    /// One read; nothing by then is no error.
    Result<void> hear(std::chrono::steady_clock::time_point until) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        std::array<std::byte, 2048> bytes{};
        auto count = stream_->read_some(bytes, std::max(left, 1ms));
        if (!count && count.error().code == Errc::timeout) return {};
        const std::size_t size = TRY(std::move(count));
        if (size == 0) return fail(Errc::unreachable, "the camera ended the talk");
        return take(Bytes(bytes).first(size));
    }

    std::string beat() {
        next_beat_ = std::chrono::steady_clock::now() + kHeartbeat;
        return chunk(part("audio/heartbeat", ""));
    }

    /// What the camera says. Only the head of its answer matters; what follows it is read and dropped.
    Result<void> take(Bytes bytes) {
        if (judged_) return {};
        answer_ += as_text(bytes);
        if (answer_.size() > ResponseHead::kMaxSize) return fail(Errc::malformed, "the answer's head is too long");
        if (answer_.find("\r\n\r\n") == std::string::npos && answer_.find("\n\n") == std::string::npos) return {};
        const ResponseHead head = TRY(parse_response_head(answer_));
        judged_ = true;
        answer_.clear();
        if (head.status == 401 || head.status == 403) return fail(Errc::auth_failed, "the camera refuses the TP-Link account for talking", head.status);
        if (head.status != 200 && head.status != 100) return fail(Errc::refused, "the camera cannot be talked to now (HTTP status " + std::to_string(head.status) + ")", head.status);
        return {};
    }

    const MediaEndpoint endpoint_;
    std::unique_ptr<net::TcpConnector> connector_;
    const std::string player_;
    std::unique_ptr<net::TcpStream> stream_;
    std::chrono::steady_clock::time_point next_beat_{};
    std::string answer_;
    bool judged_ = false;
};

}  // namespace

std::unique_ptr<TalkSession> make_kasa_talk(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector, RandomBytes& random) {
    return std::make_unique<KasaTalk>(endpoint, std::move(connector), random);
}

}  // namespace tplink::stream
