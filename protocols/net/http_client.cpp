#include "protocols/net/http_client.hpp"

#include <algorithm>
#include <array>
#include <httplib.h>
#include <mutex>

#include "protocols/net/plain_http.hpp"
#include "protocols/net/tls.hpp"

namespace tplink::net {
namespace {

constexpr std::size_t kMaxStatusLine = 1024;
constexpr std::size_t kMaxLines = 1000; // of one head, or between two pieces of a body
constexpr std::size_t kMaxHead = 64U << 10;
constexpr std::string_view kFirstWord = "HTTP/1.";

/// One exchange as httplib sees it: its requests leave in one piece, its reply is bounded in time and size.
class ExchangeStream final : public httplib::Stream {
public:
    ExchangeStream(int fd, TlsChannel* tls, Deadline deadline, std::size_t max_body,
                   const CancelEvent& cancel)
        : fd_(fd), tls_(tls), deadline_(deadline), max_bytes_(max_body + kMaxHead), cancel_(cancel) {}

    /// What went wrong on the wire, if anything did.
    const std::optional<Error>& error() const { return error_; }
    std::size_t received() const { return received_; }
    bool ended() const { return ended_; }

    bool is_readable() const override { return true; }
    bool is_writable() const override { return true; }
    void get_remote_ip_and_port(std::string&, int&) const override {}
    void get_local_ip_and_port(std::string&, int&) const override {}
    socket_t socket() const override { return fd_; }

    /// Collects; a device whose parser wants head and body in one segment gets them so.
    ssize_t write(const char* data, std::size_t size) override {
        append(outgoing_, std::string_view(data, size));
        return static_cast<ssize_t>(size);
    }

    ssize_t read(char* out, std::size_t size) override {
        if (error_ || !flush() || !refill()) return -1;
        const std::size_t count = std::min(size, filled_ - taken_);
        std::copy_n(incoming_.begin() + static_cast<std::ptrdiff_t>(taken_), count,
                    reinterpret_cast<std::byte*>(out));
        taken_ += count;
        if (size > 1) lines_ = 1;
        if (size == 1 && count == 1 && !check_head(*out)) {
            error_ = Error{Errc::malformed, "answer is no HTTP", 0, {}};
            return -1;
        }
        return static_cast<ssize_t>(count);
    }

private:
    bool flush() {
        if (outgoing_.empty()) return true;
        auto sent = tls_ != nullptr ? tls_->send_all(outgoing_, deadline_, cancel_)
                                    : send_all(fd_, outgoing_, deadline_, cancel_);
        outgoing_.clear();
        if (!sent) error_ = std::move(sent).error();
        return !error_;
    }

    bool refill() {
        if (taken_ < filled_ || ended_) return true;
        taken_ = 0;
        auto count = tls_ != nullptr ? tls_->receive_some(incoming_, deadline_, cancel_)
                                     : receive_some(fd_, incoming_, deadline_, cancel_);
        filled_ = count.value_or(0);
        ended_ = count && *count == 0;
        if (!count) error_ = std::move(count).error();
        received_ += filled_;
        if (received_ > max_bytes_) error_ = Error{Errc::malformed, "reply is too long", 0, {}};
        if (ended_ && received_ == 0)
            error_ = Error{Errc::unreachable, "connection closed without an answer", 0, {}};
        return !error_;
    }

    /// httplib reads the head byte by byte without a bound on its lines' number, and matches status lines
    /// with std::regex, which recurses once per character.
    bool check_head(char byte) {
        if (byte == '\n') {
            line_length_ = 0;
            status_line_ = true;
            return ++lines_ <= kMaxLines;
        }
        if (line_length_ < kFirstWord.size()) status_line_ = status_line_ && byte == kFirstWord[line_length_];
        ++line_length_;
        if (lines_ == 0 && !status_line_) return false;
        return !status_line_ || line_length_ <= kMaxStatusLine;
    }

    int fd_;
    TlsChannel* tls_;
    Deadline deadline_;
    std::size_t max_bytes_;
    const CancelEvent& cancel_;
    std::optional<Error> error_;
    Buffer outgoing_;
    std::array<std::byte, 4096> incoming_; ///< not on the heap: a block this big per exchange makes malloc tidy up
    std::size_t filled_ = 0;
    std::size_t taken_ = 0;
    std::size_t received_ = 0;
    std::size_t lines_ = 0;
    std::size_t line_length_ = 0;
    bool status_line_ = true; ///< what was read of this line so far could begin a status line
    bool ended_ = false;
};

/// httplib writes and reads the messages; connecting, TLS and every wait are ours, because its own can
/// neither be cancelled while connecting or shaking hands nor bounded as a whole.
class Connection final : public httplib::ClientImpl {
public:
    Connection(const HttpOptions& options, const CancelEvent& cancel)
        : ClientImpl(options.host, options.port), options_(options), cancel_(cancel) {
        set_keep_alive(true);
        set_url_encode(false);
        set_follow_location(false);
    }
    ~Connection() override { tls_.reset(); }

    struct Outcome {
        std::optional<Error> error; ///< of the wire; httplib's own verdict otherwise
        std::size_t received = 0;
        bool reused = false; ///< the request went out on a connection that had served one before
        bool talked = false; ///< there was a connection to send it on
    };

    Outcome exchange(httplib::Request& request, httplib::Response& response, httplib::Error& verdict) {
        outcome_ = {};
        outcome_.reused = true;
        send(request, response, verdict);
        return outcome_;
    }

    std::string certificate_sha256() const {
        const std::lock_guard lock(certificate_mutex_);
        return certificate_;
    }

private:
    bool create_and_connect_socket(Socket& socket, httplib::Error& error) override {
        outcome_.reused = false;
        auto fd = connect_tcp(options_.host, options_.port, deadline_in(options_.connect_timeout), cancel_);
        if (fd && options_.tls != Tls::none) {
            if (auto done = shake_hands(fd->get()); !done) fd = tl::unexpected(std::move(done).error());
        }
        if (!fd) {
            error = httplib::Error::Connection;
            outcome_.error = std::move(fd).error();
            return false;
        }
        socket.sock = fd->release();
        return true;
    }

    Result<void> shake_hands(int fd) {
        const TlsSettings settings{options_.tls, options_.host, options_.certificate_sha256,
                                   options_.ca_file, options_.ca_pem};
        std::string seen;
        auto channel =
            TlsChannel::connect(fd, settings, deadline_in(options_.connect_timeout), cancel_, seen);
        if (!seen.empty()) {
            const std::lock_guard lock(certificate_mutex_);
            certificate_ = seen;
        }
        tls_.emplace(TRY(std::move(channel)));
        return {};
    }

    bool process_socket(const Socket& socket, std::function<bool(httplib::Stream&)> talk) override {
        ExchangeStream stream(socket.sock, tls_ ? &*tls_ : nullptr, deadline_in(options_.reply_timeout),
                              options_.max_body, cancel_);
        outcome_.talked = true;
        const bool done = talk(stream);
        outcome_.error = stream.error();
        outcome_.received = stream.received();
        if (!done && !outcome_.error && stream.ended())
            outcome_.error = Error{Errc::unreachable, "connection lost in the middle of the answer", 0, {}};
        return done;
    }

    void shutdown_ssl(Socket&, bool) override { tls_.reset(); }

    const HttpOptions options_;
    const CancelEvent& cancel_;
    std::optional<TlsChannel> tls_;
    Outcome outcome_;
    mutable std::mutex certificate_mutex_;
    std::string certificate_;
};

bool has_line_end(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

class RealHttpClient final : public HttpClient {
public:
    explicit RealHttpClient(const HttpOptions& options)
        : options_(options), connection_(std::make_unique<Connection>(options, cancel_)) {}

    Result<HttpResponse> send(const HttpRequest& request) override {
        const std::string where = request.method + " " + options_.host + ":" + std::to_string(options_.port);
        if (cancel_.is_set()) return fail(Errc::cancelled, where + ": cancelled");
        // A path with a line end would let a device's stok write our header lines.
        if (has_line_end(request.path)) return fail(Errc::malformed, where + ": path holds a line end");
        for (bool again = true;; again = false) {
            bool lost_before_reply = false;
            auto response = send_once(request, lost_before_reply);
            if (!response && lost_before_reply && again) continue;
            if (!response) return fail_in(where, std::move(response).error());
            return response;
        }
    }

    void cancel() override { cancel_.set(); }

    bool sent() const override { return sent_; }

    std::string certificate_sha256() const override { return connection_->certificate_sha256(); }

private:
    httplib::Request make_request(const HttpRequest& request) const {
        httplib::Request made;
        made.method = request.method;
        made.path = request.path;
        made.body = request.body;
        for (const auto& [name, value] : request.headers) {
            if (!has_line_end(name) && !has_line_end(value)) made.headers.emplace(name, value);
        }
        const bool standard_port = options_.port == (options_.tls == Tls::none ? 80 : 443);
        if (!made.has_header("Host"))
            made.headers.emplace("Host", standard_port ? options_.host
                                                       : options_.host + ":" + std::to_string(options_.port));
        if (!request.body.empty() && !made.has_header("Content-Type"))
            made.headers.emplace("Content-Type", request.content_type);
        return made;
    }

    /// lost_before_reply: a kept-alive connection died under the request without a reply byte. Devices close
    /// idle connections; the request was most likely never read, so sending it once more is safe.
    Result<HttpResponse> send_once(const HttpRequest& request, bool& lost_before_reply) {
        httplib::Request outgoing = make_request(request);
        httplib::Response incoming;
        httplib::Error verdict = httplib::Error::Success;
        HttpResponse response;
        bool too_long = false;
        outgoing.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
            too_long = too_long || response.body.size() + size > options_.max_body;
            if (!too_long) response.body.append(data, size);
            return !too_long;
        };
        Connection::Outcome outcome;
        try {
            outcome = connection_->exchange(outgoing, incoming, verdict);
        } catch (const std::exception& error) {
            return fail(Errc::malformed, std::string("answer is no HTTP: ") + error.what());
        }
        sent_ = outcome.talked;
        if (cancel_.is_set()) return fail(Errc::cancelled, "cancelled");
        if (too_long) return fail(Errc::malformed, "reply is too long");
        if (verdict != httplib::Error::Success) {
            if (!outcome.error) return fail(Errc::malformed, "answer is no HTTP");
            lost_before_reply =
                outcome.reused && outcome.received == 0 && outcome.error->code == Errc::unreachable;
            return tl::unexpected(*std::move(outcome.error));
        }
        response.status = incoming.status;
        for (const auto& [name, value] : incoming.headers) response.headers.emplace_back(name, value);
        return response;
    }

    const HttpOptions options_;
    CancelEvent cancel_;
    bool sent_ = false;
    std::unique_ptr<Connection> connection_;
};

} // namespace

std::string_view HttpResponse::header(std::string_view name) const {
    const std::string wanted = ascii_lower(name);
    for (const auto& [key, value] : headers) {
        if (ascii_lower(key) == wanted) return value;
    }
    return {};
}

std::unique_ptr<HttpClient> make_http_client(const HttpOptions& options) {
    if (options.tls == Tls::none) return make_plain_http_client(options);
    return std::make_unique<RealHttpClient>(options);
}

} // namespace tplink::net
