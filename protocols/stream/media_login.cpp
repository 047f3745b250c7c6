#include "protocols/stream/media_login.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "protocols/error_codes.hpp"
#include "protocols/stream/digest.hpp"
#include "protocols/stream/media_json.hpp"
#include "protocols/stream/passwords.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr auto kConnectTimeout = 10s; // a battery camera that wakes by the connect takes seconds
constexpr auto kReplyTimeout = 10s;
constexpr std::size_t kMaxBody = 64U << 10;
constexpr std::string_view kUser = "admin"; // always; never the e-mail, never the camera account

/// A directly connected camera takes the bare path; a hub is told which of its children is meant.
std::string target_of(const MediaEndpoint& endpoint, std::string_view query) {
    std::string target = "/stream";
    if (!endpoint.device_id.empty()) target += "?deviceId=" + url_encode(endpoint.device_id);
    if (!query.empty()) target += (endpoint.device_id.empty() ? "?" : "&") + std::string(query);
    return target;
}

Error wrong_password() {
    // In the order of how often they are the cause. source: port8800.md, "A login that is refused".
    return {
        Errc::auth_failed,
        "the camera refuses the login (401). Check in this order: Third-Party Compatibility is switched on "
        "in the "
        "Tapo app; the password is that of the TP-Link account, not of the camera account made for RTSP; a "
        "configured hash is of the right kind (MD5 or SHA-256); two-step verification is off; the camera "
        "reaches "
        "DNS and NTP so that a changed password gets to it",
        0,
        {}};
}

Error other_status(int status, std::string_view body) {
    if (const auto code = find_error_code(body); code && *code != 0)
        return device_error(Dialect::media, *code, "HTTP " + std::to_string(status));
    const bool no_service = status == 404 || status == 405;
    return {no_service ? Errc::unsupported : Errc::refused,
            "the camera answers HTTP " + std::to_string(status) +
                (no_service ? ": no video service on this port" : ": stream refused"),
            0,
            {}};
}

class Login {
public:
    Login(const MediaEndpoint& endpoint, net::TcpConnector& connector, RandomBytes& random,
          std::string_view query)
        : endpoint_(endpoint), target_(target_of(endpoint, query)), connector_(connector), random_(random),
          passwords_(endpoint.scheme, endpoint.credentials.password) {}

    Result<OpenSession> run() {
        TRY_VOID(connect());
        ResponseHead head = TRY(ask({}));
        std::optional<Secret> accepted;
        if (head.status == 401) {
            const auto challenge = TRY(parse_challenge(head));
            if (passwords_.empty())
                return fail(Errc::auth_failed, "the camera asks for a password and none is configured");
            const auto secrets = TRY(passwords_.for_digest(challenge.wants_sha256()));
            head = TRY(authorize(head, challenge, secrets, accepted));
        }
        if (head.status == 401) return tl::unexpected(wrong_password());
        if (head.status != 200) return tl::unexpected(other_status(head.status, read_body(head)));
        return OpenSession{std::move(stream_), std::move(received_), std::move(head), std::move(accepted)};
    }

private:
    static Result<DigestChallenge> parse_challenge(const ResponseHead& head) {
        return parse_digest_challenge(head.header("www-authenticate", "digest"));
    }

    Result<void> connect() {
        stream_.reset();
        received_.clear();
        stream_ = TRY(connector_.connect(endpoint_.host, endpoint_.port, kConnectTimeout));
        return {};
    }

    std::string request(std::string_view authorization) const {
        std::string text = "POST " + target_ + " HTTP/1.1\r\nHost: " + endpoint_.host + ":" +
                           std::to_string(endpoint_.port) +
                           "\r\nContent-Type: multipart/mixed; boundary=--client-stream-boundary--\r\n"
                           "Connection: keep-alive\r\nContent-Length: 0\r\n";
        if (!authorization.empty()) text += "Authorization: " + std::string(authorization) + "\r\n";
        return text + "\r\n";
    }

    Result<void> receive(Time deadline) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= 0ms) return fail(Errc::timeout, "no answer to the login in time");
        std::array<std::byte, 4096> chunk;
        const std::size_t count = TRY(stream_->read_some(chunk, left));
        if (count == 0) return fail(Errc::unreachable, "the camera closed the connection during login");
        append(received_, Bytes(chunk).first(count));
        return {};
    }

    Result<ResponseHead> ask(std::string_view authorization) {
        const Time deadline = std::chrono::steady_clock::now() + kReplyTimeout;
        TRY_VOID(stream_->write_all(as_bytes(request(authorization)), kReplyTimeout));
        for (;;) {
            const std::string_view text = as_text(received_);
            if (const auto end = text.find("\r\n\r\n"); end != text.npos) {
                auto head = parse_response_head(text.substr(0, end));
                received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(end + 4));
                return head;
            }
            if (text.size() > ResponseHead::kMaxSize) return fail(Errc::malformed, "answer is no HTTP");
            TRY_VOID(receive(deadline));
        }
    }

    /// The body its Content-Length promises, or what came of it; empty without one.
    std::string read_body(const ResponseHead& head) {
        const std::string_view length = head.header("content-length");
        std::size_t size = 0;
        std::from_chars(length.data(), length.data() + length.size(), size); // no digits: no body
        size = std::min(size, kMaxBody);
        const Time deadline = std::chrono::steady_clock::now() + kReplyTimeout;
        while (received_.size() < size && receive(deadline)) {
        }
        std::string body(as_text(received_).substr(0, size));
        received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(body.size()));
        return body;
    }

    /// On the same connection although the 401 says `Connection: close`: most firmware keeps it. One that
    /// really closes gets the same answer on a new connection; its nonce is still good.
    Result<ResponseHead> answer(const ResponseHead& refusal, const DigestChallenge& challenge,
                                const Secret& secret) {
        read_body(refusal);
        const std::string cnonce = hex_lower(random_.bytes(16));
        const std::string authorization =
            digest_authorization(challenge, kUser, secret.reveal(), "POST", target_, cnonce);
        auto head = ask(authorization);
        if (head || head.error().code != Errc::unreachable) return head;
        TRY_VOID(connect());
        return ask(authorization);
    }

    Result<ResponseHead> authorize(ResponseHead head, DigestChallenge challenge,
                                   const std::vector<Secret>& secrets, std::optional<Secret>& accepted) {
        for (std::size_t i = 0; i < secrets.size(); ++i) {
            if (i > 0) {
                TRY_VOID(connect());
                head = TRY(ask({}));
                if (head.status != 401) return head;
                challenge = TRY(parse_challenge(head));
            }
            head = TRY(answer(head, challenge, secrets[i]));
            if (head.status == 401) continue;
            accepted = secrets[i];
            return head;
        }
        return head;
    }

    const MediaEndpoint& endpoint_;
    const std::string target_;  ///< with its query: the camera hashes the uri it is given
    net::TcpConnector& connector_;
    RandomBytes& random_;
    Passwords passwords_;
    std::unique_ptr<net::TcpStream> stream_;
    Buffer received_;
};

} // namespace

Result<OpenSession> log_in(const MediaEndpoint& endpoint, net::TcpConnector& connector, RandomBytes& random,
                           std::string_view query) {
    return Login(endpoint, connector, random, query).run();
}

} // namespace tplink::stream
