#include "protocols/stream/kasa_source.hpp"

#include <atomic>

#include "protocols/base/crypto.hpp"
#include "protocols/stream/http_head.hpp"
#include "protocols/stream/kasa_body.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kConnectTimeout = 8s;  // an old camera computes a while over its RSA
constexpr auto kHeadTimeout = 8s;
constexpr auto kWriteTimeout = 5s;
constexpr std::string_view kDefaultBoundary = "data-boundary--";
constexpr std::string_view kUserAgent = "Kasa/1752 CFNetwork/3860.500.112 Darwin/25.4.0";

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// End of the head with its empty line; npos while it is not there.
std::size_t head_end(std::string_view text) {
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
        const std::string_view next = text.substr(at + 1);
        if (next.starts_with('\n')) return at + 2;
        if (next.starts_with("\r\n")) return at + 3;
    }
    return std::string_view::npos;
}

class KasaSource final : public MediaSource {
public:
    KasaSource(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector) : endpoint_(endpoint), connector_(std::move(connector)) {}

    Result<void> open() override {
        if (auto done = start(); !done)
            return fail_in("video " + endpoint_.host + ":" + std::to_string(endpoint_.port), std::move(done).error());
        return {};
    }

    Result<MediaPart> read(std::chrono::milliseconds timeout) override {
        if (!stream_ || !parts_) return fail(Errc::unreachable, "stream is not open");
        const auto deadline = std::chrono::steady_clock::now() + timeout;
        for (;;) {
            while (auto part = parts_->next(now_ms())) {
                resyncs_ = parts_->resyncs();
                if (part->type == PartType::pcmu && !endpoint_.audio) continue;
                ++count_;
                bytes_ += part->data.size();
                return std::move(*part);
            }
            resyncs_ = parts_->resyncs();
            TRY_VOID(receive(deadline));
        }
    }

    SourceStats stats() const override { return {count_.load(), bytes_.load(), 0, resyncs_.load()}; }
    void cancel() override { connector_->cancel(); }

private:
    /// Each form of the password once, on a connection of its own.
    Result<void> start() {
        Error last{Errc::auth_failed, "the camera's video needs the TP-Link account: set account.username and account.password", 0, {}};
        for (const Secret& secret : kasa_video_secrets(endpoint_.credentials.password)) {
            auto granted = ask(secret);
            if (granted) return {};
            last = std::move(granted).error();
            if (last.code != Errc::auth_failed) break;
        }
        stream_.reset();
        return tl::unexpected(std::move(last));
    }

    Result<void> ask(const Secret& secret) {
        stream_.reset();
        stream_ = TRY(connector_->connect(endpoint_.host, endpoint_.port, kConnectTimeout));
        TRY_VOID(stream_->write_all(as_bytes(request(secret)), kWriteTimeout));
        Buffer received;
        const std::size_t end = TRY(read_head(received));
        const ResponseHead head = TRY(parse_response_head(as_text(Bytes(received).first(end))));
        TRY_VOID(judge(head.status));
        const std::string boundary = boundary_of(head.header("content-type"));
        // Neither its length nor its transfer coding is to be believed: "-1", or chunks where HTTP/1.0 has none.
        unwrapper_ = KasaUnwrapper();
        parts_.emplace(boundary.empty() ? kDefaultBoundary : std::string_view(boundary));
        return take(Bytes(received).subspan(end));
    }

    std::string request(const Secret& secret) const {
        const char* size = endpoint_.quality == Quality::hd ? "hd" : "sd";
        std::string text = "GET /https/stream/mixed?video=h264&audio=g711&resolution=" + std::string(size) + " HTTP/1.1\r\n";
        text += "Host: " + endpoint_.host + ":" + std::to_string(endpoint_.port) + "\r\n";
        text += "Authorization: " + kasa_basic(endpoint_.credentials.username, secret) + "\r\n";
        text += "User-Agent: " + std::string(kUserAgent) + "\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";
        return text;
    }

    static Result<void> judge(int status) {
        if (status == 200) return {};
        if (status == 401 || status == 403) return fail(Errc::auth_failed, "the camera refuses the TP-Link account for its video", status);
        if (status == 503) return fail(Errc::refused, "the camera is switched off or has too many viewers (HTTP 503)", status);
        return fail(Errc::refused, "the camera sends no video (HTTP status " + std::to_string(status) + ")", status);
    }

    Result<std::size_t> read_head(Buffer& received) {
        const auto deadline = std::chrono::steady_clock::now() + kHeadTimeout;
        for (;;) {
            const std::size_t end = head_end(as_text(received));
            if (end != std::string_view::npos) return end;
            if (received.size() > ResponseHead::kMaxSize) return fail(Errc::malformed, "the answer's head is too long");
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
            if (left <= 0ms) return fail(Errc::timeout, "the camera does not answer the request for video");
            const std::size_t size = TRY(stream_->read_some(chunk_, left));
            if (size == 0) return fail(Errc::unreachable, "the camera closed the connection");
            append(received, Bytes(chunk_).first(size));
        }
    }

    Result<void> take(Bytes bytes) {
        payload_.clear();
        TRY_VOID(unwrapper_.feed(bytes, payload_));
        parts_->feed(payload_);
        return {};
    }

    Result<void> receive(std::chrono::steady_clock::time_point deadline) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= 0ms) return fail(Errc::timeout, "no video in time");
        auto count = stream_->read_some(chunk_, left);
        if (!count && count.error().code == Errc::timeout) return fail(Errc::timeout, "no video in time");
        const std::size_t size = TRY(std::move(count));
        if (size == 0) return fail(Errc::unreachable, "the camera closed the connection");
        return take(Bytes(chunk_).first(size));
    }

    const MediaEndpoint endpoint_;
    std::unique_ptr<net::TcpConnector> connector_;
    std::unique_ptr<net::TcpStream> stream_;
    KasaUnwrapper unwrapper_;
    std::optional<KasaParts> parts_;
    std::atomic<std::uint64_t> count_ = 0, bytes_ = 0, resyncs_ = 0;
    Buffer payload_;
    Buffer chunk_ = Buffer(32U << 10);
};

}  // namespace

std::vector<Secret> kasa_video_secrets(const Secret& password) {
    if (password.empty()) return {};
    return {Secret(base64_encode(as_bytes(password.reveal()))), password, Secret(crypto::md5_hex_lower(password.reveal()))};
}

std::string kasa_basic(const std::string& user, const Secret& secret) { return "Basic " + base64_encode(as_bytes(user + ":" + secret.reveal())); }

std::unique_ptr<MediaSource> make_kasa_source(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector) {
    return std::make_unique<KasaSource>(endpoint, std::move(connector));
}

}  // namespace tplink::stream
