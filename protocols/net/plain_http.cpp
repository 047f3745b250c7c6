#include "protocols/net/plain_http.hpp"

#include <algorithm>
#include <array>

#include "protocols/base/bytes.hpp"
#include "protocols/net/http_reply.hpp"
#include "protocols/net/socket_io.hpp"

namespace tplink::net {
namespace {

constexpr std::uint16_t kUsualPort = 80;

bool has_line_end(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

bool has_header(const HttpRequest& request, std::string_view lower_name) {
    return std::any_of(request.headers.begin(), request.headers.end(), [&](const Header& header) { return ascii_lower(header.first) == lower_name; });
}

void add_line(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(": ").append(value).append("\r\n");
}

/// Head and body in one piece: some devices want them in one segment.
std::string text_of(const HttpRequest& request, const std::string& host) {
    std::string text;
    text.reserve(256 + request.path.size() + request.body.size());
    text.append(request.method).append(" ").append(request.path).append(" HTTP/1.1\r\n");
    if (!has_header(request, "host")) add_line(text, "Host", host);
    if (!has_header(request, "user-agent")) add_line(text, "User-Agent", "tplink2mqtt"); // some firmware answers to no nameless client
    if (!has_header(request, "accept")) add_line(text, "Accept", "*/*");
    for (const auto& [name, value] : request.headers)
        if (!has_line_end(name) && !has_line_end(value)) add_line(text, name, value);
    if (!request.body.empty() && !has_header(request, "content-type")) add_line(text, "Content-Type", request.content_type);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") add_line(text, "Content-Length", std::to_string(request.body.size()));
    return text.append("\r\n").append(request.body);
}

class PlainHttpClient final : public HttpClient {
public:
    explicit PlainHttpClient(const HttpOptions& options)
        : options_(options), host_(options.port == kUsualPort ? options.host : options.host + ":" + std::to_string(options.port)) {}

    Result<HttpResponse> send(const HttpRequest& request) override {
        if (cancel_.is_set()) return wrong(request, Error{Errc::cancelled, "cancelled", 0, {}});
        // A path with a line end would let a device's stok write our header lines.
        if (has_line_end(request.path)) return wrong(request, Error{Errc::malformed, "path holds a line end", 0, {}});
        const std::string text = text_of(request, host_);
        for (bool again = true;; again = false) {
            const bool kept = static_cast<bool>(connection_);
            ReplyReader reader(options_.max_body, request.method != "HEAD");
            auto done = exchange(text, reader);
            if (!reader.keeps_connection()) connection_ = {};
            if (done) return std::move(reader).response();
            if (cancel_.is_set()) return wrong(request, Error{Errc::cancelled, "cancelled", 0, {}});
            // Devices close idle connections; the request was most likely never read, so sending it once more is safe.
            const bool lost_before_reply = kept && !reader.begun() && done.error().code == Errc::unreachable;
            if (!lost_before_reply || !again) return wrong(request, std::move(done).error());
        }
    }

    void cancel() override { cancel_.set(); }
    bool sent() const override { return sent_; }
    std::string certificate_sha256() const override { return {}; }

private:
    tl::unexpected<Error> wrong(const HttpRequest& request, Error error) const {
        return fail_in(request.method + " " + options_.host + ":" + std::to_string(options_.port), std::move(error));
    }

    Result<void> exchange(const std::string& text, ReplyReader& reader) {
        sent_ = false;
        if (!connection_) connection_ = TRY(connect_tcp(options_.host, options_.port, deadline_in(options_.connect_timeout), cancel_));
        sent_ = true;
        const Deadline deadline = deadline_in(options_.reply_timeout);
        TRY_VOID(send_all(connection_.get(), as_bytes(text), deadline, cancel_));
        std::array<std::byte, 4096> piece; // not on the heap: a block this big per exchange makes malloc tidy up
        while (!reader.complete()) {
            const std::size_t count = TRY(receive_some(connection_.get(), piece, deadline, cancel_));
            if (count == 0) return reader.end();
            TRY_VOID(reader.take(as_text(Bytes(piece).first(count))));
        }
        return {};
    }

    const HttpOptions options_;
    const std::string host_; ///< as requests name it
    CancelEvent cancel_;
    OwnedFd connection_; ///< kept between requests; none before the first and after a failure
    bool sent_ = false;
};

} // namespace

std::unique_ptr<HttpClient> make_plain_http_client(const HttpOptions& options) { return std::make_unique<PlainHttpClient>(options); }

} // namespace tplink::net
