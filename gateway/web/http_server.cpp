#include "gateway/web/http_server.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <httplib.h>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "gateway/web/thread_pool.hpp"
#include "protocols/base/bytes.hpp"

namespace tplink::gateway {

namespace {

constexpr std::chrono::seconds kIdleThreadPatience{30};

/// The library's view of a Connection.
class LibraryStream final : public httplib::Stream {
public:
    explicit LibraryStream(Connection& connection) : connection_(connection) {}
    bool is_readable() const override { return connection_.readable(); }
    bool is_writable() const override { return connection_.is_open(); }
    ssize_t read(char* to, size_t size) override { return connection_.read(to, size); }
    ssize_t write(const char* from, size_t size) override { return connection_.write(from, size); }
    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        ip = connection_.peer_address();
        port = 0;
    }
    void get_local_ip_and_port(std::string& ip, int& port) const override {
        ip.clear();
        port = 0;
    }
    socket_t socket() const override { return connection_.socket(); }

private:
    Connection& connection_;
};

/// Open sockets, so that stopping can wake whoever waits on one.
class OpenSockets {
public:
    bool add(int socket) {
        const std::lock_guard lock(mutex_);
        if (!stopping_) sockets_.insert(socket);
        return !stopping_;
    }
    void close(int socket) {
        const std::lock_guard lock(mutex_);
        sockets_.erase(socket);
        ::close(socket);
    }
    void shut_all() {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }

private:
    std::mutex mutex_;
    std::set<int> sockets_;
    bool stopping_ = false;
};

/// Where a request in plain HTTP should have gone; empty when it does not say, or says something odd. It goes back to
/// whoever sent it and to nobody else.
std::string https_address(const std::string& head) {
    const auto from = head.find(' ') + 1, to = head.find_first_of(" \r", from);
    const auto line = ascii_lower(head).find("\r\nhost:");
    if (from == 0 || to == std::string::npos || line == std::string::npos || head[from] != '/') return {};
    const auto begin = head.find_first_not_of(" \t", line + 7), end = head.find('\r', line + 2);
    if (begin == std::string::npos || begin >= end) return {};
    std::string address = "https://" + head.substr(begin, head.find_last_not_of(" \t", end - 1) + 1 - begin) + head.substr(from, to - from);
    const bool sane = std::all_of(address.begin(), address.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    return sane ? address : std::string();
}

/// The library's server with our connection loop: bounded heads, request deadlines, at once stoppable.
class Listener final : public httplib::Server {
public:
    Listener(const HttpServerOptions& options, OpenSockets& sockets, HttpHandler& handler)
        : options_(options), sockets_(sockets), handler_(handler), identity_(options.tls) {
        new_task_queue = [this] { return new Queue(*this); };
        // The library's default is SO_REUSEPORT, with which a second gateway would start and take half the
        // requests.
        set_socket_options([](socket_t socket) {
            const int yes = 1;
            ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        });
        set_tcp_nodelay(true);
        set_payload_max_length(options.limits.body_max);
    }

    void renew(std::shared_ptr<const net::TlsIdentity> identity) {
        const std::lock_guard lock(identity_mutex_);
        identity_ = std::move(identity);
    }

private:
    class Queue final : public httplib::TaskQueue {
    public:
        explicit Queue(Listener& listener)
            : listener_(listener), pool_(listener.options_.threads_max, kIdleThreadPatience) {}
        void enqueue(std::function<void()> job) override {
            if (pool_.enqueue(job)) return;
            // The job owns the socket: it must run, to close it.
            listener_.refusing_.store(true);
            job();
            listener_.refusing_.store(false);
        }
        void shutdown() override { pool_.finish(); }

    private:
        Listener& listener_;
        ThreadPool pool_;
    };

    bool process_and_close_socket(socket_t socket) override {
        const bool overloaded = refusing_.load() && std::this_thread::get_id() == accepting_;
        if (!overloaded && sockets_.add(socket)) serve(socket);
        sockets_.close(socket);
        return true;
    }

    void serve(int socket) {
        Connection connection(socket, options_.limits);
        if (const auto identity = identity_in_use()) {
            const Connection::Start start = connection.secure(*identity);
            if (start == Connection::Start::failed) return;
            const bool may_be_plain = !options_.plain_peer.empty() && connection.peer_address() == options_.plain_peer;
            if (start == Connection::Start::plain && !may_be_plain) return send_to_https(connection);
        }
        for (;;) {
            const Connection::Head head = connection.next_head();
            if (head != Connection::Head::ready) return refuse(connection, head);
            bool closing = false;
            LibraryStream stream(connection);
            const bool served = process_request(stream, false, closing, nullptr);
            if (!served || closing || !connection.is_clean()) return connection.finish();
        }
    }

    std::shared_ptr<const net::TlsIdentity> identity_in_use() {
        const std::lock_guard lock(identity_mutex_);
        return identity_;
    }

    /// Old bookmarks and links begin with http://.
    void send_to_https(Connection& connection) {
        const Connection::Head head = connection.next_head();
        if (head != Connection::Head::ready) return refuse(connection, head);
        const std::string address = https_address(connection.head());
        if (address.empty()) return refuse(connection, Connection::Head::bad);
        const std::string text = "HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + address + "\r\n\r\n";
        connection.write(text.data(), text.size());
        connection.finish();
    }

    void refuse(Connection& connection, Connection::Head head) {
        int status = 400;
        if (head == Connection::Head::closed) return;
        if (head == Connection::Head::too_large) status = 431;
        if (head == Connection::Head::body_too_large) status = 413;
        if (head == Connection::Head::timeout) status = 408;
        const HttpResponse response = handler_.broken(status);
        std::string text = "HTTP/1.1 " + std::to_string(status) +
                           " Refused\r\nConnection: close\r\nContent-Type: " + response.content_type +
                           "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
        for (const auto& [name, value] : response.headers)
            text.append(name).append(": ").append(value).append("\r\n");
        text.append("\r\n").append(response.body);
        connection.write(text.data(), text.size());
        connection.finish();
    }

    const HttpServerOptions options_;
    OpenSockets& sockets_;
    HttpHandler& handler_;
    std::mutex identity_mutex_;
    std::shared_ptr<const net::TlsIdentity> identity_;
    std::atomic<bool> refusing_{false};

public:
    std::thread::id accepting_; ///< written before the first accept
};

HttpRequest convert(const httplib::Request& from) {
    HttpRequest request;
    request.method = from.method;
    request.path = from.path;
    request.peer = from.remote_addr;
    for (const auto& [name, value] : from.headers) request.headers.emplace(ascii_lower(name), value);
    for (const auto& [name, value] : from.params) request.query.emplace(name, value);
    return request;
}

void answer_file(const HttpResponse::File& file, const std::string& content_type, httplib::Response& to) {
    const auto in = std::make_shared<std::ifstream>(file.path, std::ios::binary);
    to.set_content_provider(file.size, content_type, [in, file](size_t at, size_t length, httplib::DataSink& sink) {
        std::array<char, 65536> piece{};
        in->seekg(static_cast<std::streamoff>(file.offset + at));
        in->read(piece.data(), static_cast<std::streamsize>(std::min(length, piece.size())));
        return in->gcount() > 0 && sink.write(piece.data(), static_cast<std::size_t>(in->gcount()));
    });
}

void answer(HttpResponse from, httplib::Response& to, const std::stop_token& stop) {
    to.status = from.status;
    for (const auto& [name, value] : from.headers) to.set_header(name, value);
    if (from.file) return answer_file(*from.file, from.content_type, to);
    if (!from.stream) {
        to.body = std::move(from.body);
        return to.set_header("Content-Type", from.content_type);
    }
    to.set_chunked_content_provider(from.content_type,
                                    [stream = std::move(from.stream), stop](size_t, httplib::DataSink& sink) {
                                        bool open = true;
                                        const WriteBody write = [&](std::string_view piece) {
                                            return open = open && sink.write(piece.data(), piece.size());
                                        };
                                        const bool whole = stream(stop, write, [&] { return open && sink.is_writable(); });
                                        const bool good = whole && open && !stop.stop_requested();
                                        if (good) sink.done();
                                        return good;
                                    });
}

/// A request with a body; anything else is answered before the library looks for one.
bool has_body(const httplib::Request& request) {
    return request.has_header("Transfer-Encoding") ||
           request.get_header_value<uint64_t>("Content-Length") > 0;
}

bool takes_body(const std::string& method) {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

} // namespace

std::string_view HttpRequest::header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

std::string_view HttpRequest::parameter(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view{} : std::string_view(found->second);
}

struct HttpServer::Impl {
    Impl(const HttpServerOptions& options, HttpHandler& given)
        : handler(given), listener(options, sockets, given) {
        install(options.limits.body_max);
    }

    void install(std::size_t body_max) {
        listener.set_pre_routing_handler([this](const httplib::Request& from, httplib::Response& to) {
            const HttpRequest request = convert(from);
            auto refusal = handler.admit(request);
            const bool body_follows = !refusal && takes_body(request.method) && has_body(from);
            if (body_follows) return httplib::Server::HandlerResponse::Unhandled;
            answer(refusal ? std::move(*refusal) : handler.handle(request), to, stop.get_token());
            return httplib::Server::HandlerResponse::Handled;
        });
        const auto with_body = [this, body_max](const httplib::Request& from, httplib::Response& to,
                                                const httplib::ContentReader& read) {
            HttpRequest request = convert(from);
            const bool whole = read([&](const char* data, size_t size) {
                if (size > body_max - request.body.size()) return false;
                request.body.append(data, size);
                return true;
            });
            answer(whole ? handler.handle(request) : handler.broken(to.status >= 400 ? to.status : 413), to,
                   stop.get_token());
        };
        listener.Post(".*", with_body).Put(".*", with_body).Patch(".*", with_body).Delete(".*", with_body);
        listener.set_exception_handler(
            [this](const httplib::Request&, httplib::Response& to, const std::exception_ptr&) {
                answer(handler.broken(500), to, {});
            });
        // What the library refused by itself has no body yet.
        listener.set_error_handler(
            httplib::Server::HandlerWithResponse([this](const httplib::Request&, httplib::Response& to) {
                if (!to.body.empty() || to.status < 400) return httplib::Server::HandlerResponse::Unhandled;
                answer(handler.broken(to.status), to, {});
                return httplib::Server::HandlerResponse::Handled;
            }));
    }

    Result<void> bind(const HttpServerOptions& options) {
        errno = 0;
        const int bound = options.port == 0
                              ? listener.bind_to_any_port(options.address)
                              : (listener.bind_to_port(options.address, options.port) ? options.port : -1);
        if (bound <= 0) {
            const std::string why = errno == 0 ? "no such address on this machine" : std::strerror(errno);
            return fail(Errc::refused,
                        "http.listen: cannot listen on " + options.address + ":" +
                            std::to_string(options.port) + " (" + why +
                            "); choose another address or port, or end the program that has it.");
        }
        port = static_cast<std::uint16_t>(bound);
        return {};
    }

    HttpHandler& handler;
    OpenSockets sockets;
    std::stop_source stop;
    Listener listener;
    std::uint16_t port = 0;
    std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                      HttpHandler& handler) {
    auto impl = std::make_unique<Impl>(options, handler);
    TRY_VOID(impl->bind(options));
    impl->thread = std::thread([server = impl.get()] {
        server->listener.accepting_ = std::this_thread::get_id();
        server->listener.listen_after_bind();
    });
    // Until it runs, stop() would do nothing and the thread would stay.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (!impl->listener.is_running() && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
    impl_->stop.request_stop();
    impl_->sockets.shut_all();
    impl_->listener.stop();
    impl_->thread.join();
}

std::uint16_t HttpServer::port() const { return impl_->port; }
void HttpServer::renew(std::shared_ptr<const net::TlsIdentity> identity) { impl_->listener.renew(std::move(identity)); }

} // namespace tplink::gateway
