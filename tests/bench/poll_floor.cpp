// poll_floor SECONDS ADDRESS:PORT...: asks simulated Kasa plugs once a second as the gateway does (a thread each, kept connections, ten moments a
// second at which polls begin) and does nothing with what comes: what this machine takes for the exchange alone. Prints one line of JSON.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "protocols/kasa/xor.hpp"
#include "protocols/net/socket_io.hpp"

namespace {

using namespace tplink;
using Clock = std::chrono::steady_clock;

constexpr auto kPeriod = std::chrono::seconds(1);
constexpr std::size_t kBeats = 10; // moments within a period
constexpr std::chrono::milliseconds kPatience{5000};

struct Counts {
    std::atomic<long> exchanges{0}, failures{0};
    std::atomic<bool> stop{false};
};

/// As the gateway's threads do between their polls.
void wait_for(Clock::time_point moment) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, moment, [&] { return Clock::now() >= moment; });
}

double cpu_ms() {
    std::timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return 1e3 * static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e6;
}

Result<net::OwnedFd> connect_to(std::string_view where, const net::CancelEvent& never) {
    const auto colon = where.rfind(':');
    std::uint16_t port = 0;
    if (colon != where.npos) std::from_chars(where.data() + colon + 1, where.data() + where.size(), port);
    return net::connect_tcp(std::string(where.substr(0, colon)), port, net::deadline_in(kPatience), never);
}

/// One request out, one answer in. The simulator's answers come in one piece.
bool exchange(int fd, Bytes frame) {
    std::array<std::byte, 4096> room;
    pollfd ready{fd, POLLIN, 0};
    return ::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(frame.size()) &&
           ::poll(&ready, 1, static_cast<int>(kPatience.count())) == 1 && ::recv(fd, room.data(), room.size(), 0) > 0;
}

void ask_every_period(int fd, Clock::time_point first, Bytes frame, Counts& counts) {
    for (auto next = first; !counts.stop; next += kPeriod) {
        wait_for(next);
        ++(exchange(fd, frame) ? counts.exchanges : counts.failures);
    }
}

int run(std::chrono::seconds measured, std::span<char*> addresses) {
    const net::CancelEvent never;
    std::vector<net::OwnedFd> connections;
    for (const char* where : addresses) {
        auto connection = connect_to(where, never);
        if (!connection) {
            std::fprintf(stderr, "poll_floor: %s\n", connection.error().what.c_str());
            return 1;
        }
        connections.push_back(std::move(*connection));
    }
    const Buffer frame = kasa::xor_frame(R"({"system":{"get_sysinfo":{}},"emeter":{"get_realtime":{}}})");
    const auto start = Clock::now() + std::chrono::milliseconds(100);
    Counts counts;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < connections.size(); ++i)
        threads.emplace_back([&, i] { ask_every_period(connections[i].get(), start + kPeriod * static_cast<long>(i % kBeats) / static_cast<long>(kBeats), frame, counts); });
    wait_for(start + kPeriod); // everything was touched once
    const double cpu_before = cpu_ms();
    const long before = counts.exchanges;
    wait_for(Clock::now() + measured);
    const double spent = cpu_ms() - cpu_before;
    const long done = counts.exchanges - before;
    counts.stop = true;
    std::printf("{\"exchanges\": %ld, \"failures\": %ld, \"cpu_ms\": %.6f}\n", done, counts.failures.load(), done > 0 ? spent / static_cast<double>(done) : 0.0);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const auto arguments = std::span(argv, static_cast<std::size_t>(argc));
    const long seconds = argc > 2 ? std::strtol(argv[1], nullptr, 10) : 0;
    if (seconds <= 0) {
        std::fputs("poll_floor SECONDS ADDRESS:PORT...\n", stderr);
        return 2;
    }
    return run(std::chrono::seconds(seconds), arguments.subspan(2));
}
