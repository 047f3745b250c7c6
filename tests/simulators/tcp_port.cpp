#include "tests/simulators/tcp_port.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/reactor.hpp"
#include "tests/simulators/sockets.hpp"

namespace tplink::sim {

struct TcpPort::State {
    struct Client {
        std::unique_ptr<Connection> connection; // null: served, the thread waits to be joined
        std::string peer;
        std::jthread thread;
    };

    TcpPortOptions options;
    Serve serve;
    std::shared_ptr<Reactor> reactor;
    mutable std::mutex mutex;
    int listen_fd = -1;      // guarded, as all below
    std::uint64_t timer = 0; // a revive that waits for its time
    bool started = false;
    std::list<Client> clients;

    void open_listener();
    void try_open_listener();
    void close_listener();
    void accept_one();
    void reap(std::list<Client>& finished);
    void end_connections(bool reset);
    void run(Client& client);
};

void TcpPort::State::open_listener() {
    int fd = -1;
    {
        const std::lock_guard lock(mutex);
        if (listen_fd >= 0 || !started) return;
        fd = listen_fd = listen_tcp(options.address, options.port);
        options.port = port_of(fd);
    }
    reactor->watch(fd, [this] { accept_one(); });
}

void TcpPort::State::try_open_listener() {
    try {
        open_listener();
        if (options.on_revived) options.on_revived();
    } catch (const std::system_error&) { // somebody took the port meanwhile: try until it is free
        const std::lock_guard lock(mutex);
        if (started) timer = reactor->after(std::chrono::milliseconds(100), [this] { try_open_listener(); });
    }
}

void TcpPort::State::close_listener() {
    int fd = -1;
    std::uint64_t waiting = 0;
    {
        const std::lock_guard lock(mutex);
        fd = std::exchange(listen_fd, -1);
        waiting = std::exchange(timer, 0);
    }
    if (waiting != 0) reactor->cancel(waiting); // without the mutex: handlers take it
    if (fd < 0) return;
    reactor->forget(fd);
    ::close(fd);
}

void TcpPort::State::accept_one() {
    std::list<Client> finished; // joined outside the lock
    const std::lock_guard lock(mutex);
    if (listen_fd < 0) return;
    reap(finished);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const int accepted = ::accept4(listen_fd, reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC);
    if (accepted < 0) return;
    auto connection = std::make_unique<Connection>(accepted, options.idle);
    if (options.max_connections != 0 && clients.size() >= options.max_connections) {
        connection->reset();
        return;
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &from.sin_addr, text.data(), text.size());
    Client& client = clients.emplace_back();
    client.connection = std::move(connection);
    client.peer = text.data();
    client.thread = std::jthread([this, &client] { run(client); });
}

void TcpPort::State::run(Client& client) {
    Connection* connection = nullptr;
    {
        const std::lock_guard lock(mutex);
        connection = client.connection.get();
    }
    serve(*connection, client.peer);
    std::unique_ptr<Connection> closing; // closed outside the lock, before the thread ends
    const std::lock_guard lock(mutex);
    closing = std::move(client.connection);
}

void TcpPort::State::reap(std::list<Client>& finished) {
    for (auto it = clients.begin(); it != clients.end();) {
        const auto next = std::next(it);
        if (!it->connection) finished.splice(finished.end(), clients, it);
        it = next;
    }
}

void TcpPort::State::end_connections(bool reset) {
    const std::lock_guard lock(mutex);
    for (const Client& client : clients) {
        if (!client.connection) continue;
        if (reset) client.connection->reset();
        client.connection->shut_down();
    }
}

TcpPort::TcpPort(TcpPortOptions options, Serve serve) : state_(std::make_unique<State>()) {
    state_->options = std::move(options);
    state_->serve = std::move(serve);
}

TcpPort::~TcpPort() { stop(); }

void TcpPort::start() {
    {
        const std::lock_guard lock(state_->mutex);
        if (std::exchange(state_->started, true)) return;
        state_->reactor = state_->options.reactor ? state_->options.reactor : std::make_shared<Reactor>();
    }
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler): OpenSSL writes without MSG_NOSIGNAL
    try {
        state_->open_listener();
    } catch (const std::system_error&) {
        const std::lock_guard lock(state_->mutex);
        state_->started = false;
        throw;
    }
}

void TcpPort::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        if (!std::exchange(state_->started, false)) return;
    }
    state_->close_listener();
    state_->end_connections(false);
    std::list<State::Client> rest; // joined by its end
    {
        const std::lock_guard lock(state_->mutex);
        rest.swap(state_->clients);
    }
    rest.clear();
    state_->close_listener(); // a handler's revive may have come between
    state_->reactor.reset();
}

std::uint16_t TcpPort::number() const {
    const std::lock_guard lock(state_->mutex);
    return state_->options.port;
}

bool TcpPort::listening() const {
    const std::lock_guard lock(state_->mutex);
    return state_->listen_fd >= 0;
}

std::size_t TcpPort::connections_open() const {
    const std::lock_guard lock(state_->mutex);
    std::size_t open = 0;
    for (const State::Client& client : state_->clients) open += client.connection ? 1 : 0;
    return open;
}

void TcpPort::kill() {
    state_->close_listener();
    state_->end_connections(true);
}

void TcpPort::revive(std::chrono::milliseconds after) {
    const std::lock_guard lock(state_->mutex);
    if (!state_->started || state_->listen_fd >= 0 || state_->timer != 0) return;
    state_->timer = state_->reactor->after(after, [state = state_.get()] {
        {
            const std::lock_guard inner(state->mutex);
            state->timer = 0;
        }
        state->try_open_listener();
    });
}

void TcpPort::drop_connections() { state_->end_connections(false); }

} // namespace tplink::sim
