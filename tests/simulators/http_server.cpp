#include "tests/simulators/http_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/faults.hpp"
#include "tests/simulators/http_message.hpp"

namespace tplink::sim {
namespace {

using Clock = std::chrono::steady_clock;

int listen_on(const std::string& address, std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    if (inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1 ||
        ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 64) != 0) {
        const int error = errno;
        ::close(fd);
        throw std::system_error(error, std::system_category(), "cannot listen on " + address);
    }
    return fd;
}

std::uint16_t port_of(int fd) {
    sockaddr_in at{};
    socklen_t size = sizeof at;
    getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
    return ntohs(at.sin_port);
}

} // namespace

struct HttpServer::State {
    struct Client {
        Client(int fd, std::chrono::milliseconds idle, std::string from)
            : connection(fd, idle), peer(std::move(from)) {}
        Connection connection;
        std::string peer;
        std::atomic<bool> done = false;
        std::jthread thread;
    };

    State(HttpServerOptions o, Handler h, FaultSwitch& f)
        : options(std::move(o)), handler(std::move(h)), faults(f),
          wake_fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
    ~State() { ::close(wake_fd); }

    void open_listener();
    void try_open_listener();
    void close_listener();
    void accept_loop(const std::stop_token& stop);
    void accept_one(int fd);
    void reap();
    int wait_ms() const;
    void end_connections(bool reset);
    void wake() const;
    void serve(Client& client);
    bool answer(Client& client, const HttpRequest& request);
    bool send(Client& client, Strike strike, const HttpReply& reply);

    HttpServerOptions options;
    Handler handler;
    FaultSwitch& faults;
    int wake_fd;
    mutable std::mutex mutex;
    int listen_fd = -1;                       // guarded, as all below
    std::optional<Clock::time_point> open_at; // a revive that waits for its time
    std::list<Client> clients;
    std::jthread acceptor;
};

void HttpServer::State::open_listener() {
    const std::lock_guard lock(mutex);
    if (listen_fd >= 0) return;
    listen_fd = listen_on(options.address, options.port);
    options.port = port_of(listen_fd);
    open_at.reset();
}

void HttpServer::State::try_open_listener() {
    try {
        open_listener();
        if (options.on_revived) options.on_revived();
    } catch (const std::system_error&) { // somebody took the port meanwhile: try until it is free
        const std::lock_guard lock(mutex);
        open_at = Clock::now() + std::chrono::milliseconds(100);
    }
}

void HttpServer::State::close_listener() {
    const std::lock_guard lock(mutex);
    if (listen_fd >= 0) ::close(listen_fd);
    listen_fd = -1;
}

void HttpServer::State::wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
}

int HttpServer::State::wait_ms() const {
    const std::lock_guard lock(mutex);
    if (!open_at) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*open_at - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

void HttpServer::State::accept_loop(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        int fd = -1;
        {
            const std::lock_guard lock(mutex);
            fd = listen_fd;
        }
        std::array<pollfd, 2> entries{{{wake_fd, POLLIN, 0}, {fd, POLLIN, 0}}}; // a negative fd is skipped
        ::poll(entries.data(), entries.size(), wait_ms());
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(wake_fd, &count, sizeof count);
        bool due = false;
        {
            const std::lock_guard lock(mutex);
            due = open_at && Clock::now() >= *open_at;
        }
        if (due && !stop.stop_requested()) try_open_listener();
        if ((entries[1].revents & POLLIN) != 0) accept_one(fd);
        reap();
    }
}

void HttpServer::State::accept_one(int fd) {
    const std::lock_guard lock(mutex);
    if (listen_fd != fd) return; // killed between poll and here
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const int accepted = ::accept4(fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (accepted < 0) return;
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
    Client& client = clients.emplace_back(accepted, options.idle, text.data());
    client.thread = std::jthread([this, &client] {
        serve(client);
        client.connection.shut_down();
        client.done = true;
        wake();
    });
}

void HttpServer::State::reap() {
    std::list<Client> finished; // joined outside the lock
    const std::lock_guard lock(mutex);
    for (auto it = clients.begin(); it != clients.end();) {
        const auto next = std::next(it);
        if (it->done) finished.splice(finished.end(), clients, it);
        it = next;
    }
}

void HttpServer::State::end_connections(bool reset) {
    const std::lock_guard lock(mutex);
    for (const Client& client : clients) {
        if (reset) client.connection.reset();
        client.connection.shut_down();
    }
}

void HttpServer::State::serve(Client& client) {
    if (options.tls && !client.connection.start_tls(options.tls.get())) return;
    std::string buffered;
    while (auto request = read_request(client.connection, buffered, options.exact_content_length)) {
        request->peer = client.peer;
        if (!answer(client, *request)) return;
    }
}

bool HttpServer::State::answer(Client& client, const HttpRequest& request) {
    const Strike strike = faults.next_strike();
    if (strike == Strike::deaf) {
        client.connection.wait_closed();
        return false;
    }
    HttpReply reply;
    try {
        reply = handler(request);
    } catch (const std::exception& error) { // a bug of the simulator must not look like a dead device
        reply = {
            .status = 500, .body = std::string("simulator: ") + error.what(), .content_type = "text/plain"};
    }
    const std::string* asked = request.header("Connection");
    reply.close = reply.close || (asked && *asked == "close");
    const bool go_on = send(client, strike, reply);
    if (reply.then) reply.then();
    return go_on && !reply.close && !faults.get().close_after_answer;
}

bool HttpServer::State::send(Client& client, Strike strike, const HttpReply& reply) {
    const Connection& connection = client.connection;
    if (const int delay = faults.get().delay_ms;
        delay > 0 && !connection.wait_open(std::chrono::milliseconds(delay)))
        return false;
    std::string bytes = to_bytes(reply);
    switch (strike) {
    case Strike::none: return client.connection.write(bytes);
    case Strike::garbage: return client.connection.write(to_bytes(garbage_reply()));
    case Strike::noise: client.connection.write(noise_bytes()); return false;
    case Strike::reset:
        client.connection.write(std::string_view(bytes).substr(0, bytes.size() / 2));
        connection.reset();
        return false;
    case Strike::stall:
        client.connection.write(
            std::string_view(bytes).substr(0, bytes.size() - (reply.body.size() + 1) / 2));
        break;
    case Strike::deaf:
    case Strike::drop: break;
    }
    connection.wait_closed();
    return false;
}

HttpServer::HttpServer(HttpServerOptions options, Handler handler, FaultSwitch& faults)
    : state_(std::make_unique<State>(std::move(options), std::move(handler), faults)) {}

HttpServer::~HttpServer() { stop(); }

void HttpServer::start() {
    if (state_->acceptor.joinable()) return;
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler): OpenSSL writes without MSG_NOSIGNAL
    state_->open_listener();
    state_->acceptor =
        std::jthread([state = state_.get()](const std::stop_token& stop) { state->accept_loop(stop); });
}

void HttpServer::stop() {
    if (!state_->acceptor.joinable()) return;
    state_->acceptor.request_stop();
    state_->wake();
    state_->acceptor.join();
    state_->acceptor = {};
    state_->close_listener();
    state_->end_connections(false);
    std::list<State::Client> rest;
    {
        const std::lock_guard lock(state_->mutex);
        rest.swap(state_->clients);
    }
}

std::uint16_t HttpServer::port() const {
    const std::lock_guard lock(state_->mutex);
    return state_->options.port;
}

bool HttpServer::listening() const {
    const std::lock_guard lock(state_->mutex);
    return state_->listen_fd >= 0;
}

std::size_t HttpServer::connections_open() const {
    const std::lock_guard lock(state_->mutex);
    std::size_t open = 0;
    for (const State::Client& client : state_->clients) open += client.done ? 0 : 1;
    return open;
}

void HttpServer::kill() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->open_at.reset();
    }
    state_->close_listener();
    state_->end_connections(true);
    state_->wake();
}

void HttpServer::revive(std::chrono::milliseconds after) {
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->listen_fd >= 0) return;
        state_->open_at = Clock::now() + after;
    }
    state_->wake();
}

void HttpServer::drop_connections() { state_->end_connections(false); }

} // namespace tplink::sim
