#include "tests/simulators/reactor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace tplink::sim {
namespace {

using Clock = std::chrono::steady_clock;

} // namespace

struct Reactor::State {
    struct Timer {
        Clock::time_point at;
        Handler due;
    };

    int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
    int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::recursive_mutex dispatch; // held while a handler runs; taken before `mutex`
    std::mutex mutex;              // guards all below
    std::map<int, std::shared_ptr<Handler>> watched;
    std::map<std::uint64_t, Timer> timers;
    std::uint64_t next_timer = 1;
    std::jthread thread;

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
    }
    int wait_ms() {
        const std::lock_guard lock(mutex);
        std::optional<Clock::time_point> next;
        for (const auto& [id, timer] : timers)
            if (!next || timer.at < *next) next = timer.at;
        if (!next) return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
        return left > 0 ? static_cast<int>(std::min<std::int64_t>(left, 60000)) : 0;
    }
    void run_socket(int fd) {
        const std::lock_guard running(dispatch);
        std::shared_ptr<Handler> handler;
        {
            const std::lock_guard lock(mutex);
            if (const auto found = watched.find(fd); found != watched.end()) handler = found->second;
        }
        if (handler) (*handler)();
    }
    void run_timers() {
        for (;;) {
            const std::lock_guard running(dispatch);
            Handler due;
            {
                const std::lock_guard lock(mutex);
                const auto now = Clock::now();
                for (auto it = timers.begin(); it != timers.end(); ++it)
                    if (it->second.at <= now) {
                        due = std::move(it->second.due);
                        timers.erase(it);
                        break;
                    }
            }
            if (!due) return;
            due();
        }
    }
    void run(const std::stop_token& stop) {
        std::array<epoll_event, 64> events{};
        while (!stop.stop_requested()) {
            const int count = ::epoll_wait(epoll_fd, events.data(), events.size(), wait_ms());
            for (int at = 0; at < count; ++at) {
                const int fd = events[static_cast<std::size_t>(at)].data.fd;
                std::uint64_t woken = 0;
                if (fd == wake_fd) {
                    [[maybe_unused]] const ssize_t got = ::read(wake_fd, &woken, sizeof woken);
                } else {
                    run_socket(fd);
                }
            }
            run_timers();
        }
    }
};

Reactor::Reactor() : state_(std::make_unique<State>()) {
    epoll_event wake{};
    wake.events = EPOLLIN;
    wake.data.fd = state_->wake_fd;
    ::epoll_ctl(state_->epoll_fd, EPOLL_CTL_ADD, state_->wake_fd, &wake);
    state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

Reactor::~Reactor() {
    state_->thread.request_stop();
    state_->wake();
    state_->thread.join();
    ::close(state_->wake_fd);
    ::close(state_->epoll_fd);
}

void Reactor::watch(int fd, Handler readable) {
    {
        const std::lock_guard lock(state_->mutex);
        state_->watched[fd] = std::make_shared<Handler>(std::move(readable));
    }
    epoll_event entry{};
    entry.events = EPOLLIN;
    entry.data.fd = fd;
    if (::epoll_ctl(state_->epoll_fd, EPOLL_CTL_ADD, fd, &entry) != 0)
        throw std::system_error(errno, std::system_category(), "cannot watch a socket");
}

void Reactor::forget(int fd) {
    const std::lock_guard running(state_->dispatch);
    ::epoll_ctl(state_->epoll_fd, EPOLL_CTL_DEL, fd, nullptr);
    const std::lock_guard lock(state_->mutex);
    state_->watched.erase(fd);
}

std::uint64_t Reactor::after(std::chrono::milliseconds delay, Handler due) {
    std::uint64_t id = 0;
    {
        const std::lock_guard lock(state_->mutex);
        id = state_->next_timer++;
        state_->timers.emplace(id, State::Timer{Clock::now() + delay, std::move(due)});
    }
    state_->wake();
    return id;
}

void Reactor::cancel(std::uint64_t timer) {
    const std::lock_guard running(state_->dispatch);
    const std::lock_guard lock(state_->mutex);
    state_->timers.erase(timer);
}

} // namespace tplink::sim
