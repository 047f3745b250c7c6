// Configuration -> graph -> wait for a signal -> stop in reverse.

#include <array>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "gateway/app/gateway.hpp"
#include "gateway/app/inspect.hpp"
#include "gateway/app/memory.hpp"
#include "gateway/app/video.hpp"
#include "gateway/version.hpp"

namespace {

using namespace tplink::gateway;

Environment read_environment() {
    Environment out;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string text(*entry);
        const auto equals = text.find('=');
        if (equals != std::string::npos) out[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return out;
}

/// Signals are read, not handled: every thread blocks them, the main thread reads them here.
class Signals {
public:
    Signals() {
        sigset_t set;
        sigemptyset(&set);
        for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
        pthread_sigmask(SIG_BLOCK, &set, nullptr);
        fd_ = ::signalfd(-1, &set, SFD_CLOEXEC);
        if (::pipe2(wake_.data(), O_NONBLOCK | O_CLOEXEC) != 0) wake_ = {-1, -1};
    }
    ~Signals() {
        for (const int fd : {fd_, wake_[0], wake_[1]})
            if (fd >= 0) ::close(fd);
    }
    /// Makes next() return 0; from any thread.
    void wake() const {
        const char byte = 0;
        (void)!::write(wake_[1], &byte, 1);
    }
    /// The next signal's number; 0 after wake(). Tidies up while it waits.
    int next() const {
        constexpr int kTidyEvery = 5'000;  // ms
        std::array<pollfd, 2> fds{{{fd_, POLLIN, 0}, {wake_[0], POLLIN, 0}}};
        for (int ready = 0; ready <= 0;) {
            ready = ::poll(fds.data(), fds.size(), kTidyEvery);
            if (ready == 0) give_back_memory();
        }
        if ((fds[1].revents & POLLIN) != 0) {
            std::array<char, 64> bytes{};
            while (::read(wake_[0], bytes.data(), bytes.size()) > 0) {}  // several wishes to restart are one
            return 0;
        }
        signalfd_siginfo info{};
        return ::read(fd_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : SIGTERM;
    }

private:
    int fd_ = -1;
    std::array<int, 2> wake_{-1, -1};
};

enum class Ended { stop, restart, bad_configuration, failed };

Ended run_once(const Arguments& arguments, const Environment& environment, const Signals& signals) {
    const auto file = arguments.config.empty() ? default_config_file() : std::optional(arguments.config);
    LoadedConfig loaded = file ? load_config(*file, environment) : parse_config("", "(no file)", environment);
    if (!loaded.faults.empty()) {
        for (const ConfigFault& fault : loaded.faults) std::cerr << fault.text() << '\n';
        if (!file) std::cerr << "No configuration file found; give one with --config FILE.\n";
        return Ended::bad_configuration;
    }
    Log log(loaded.config.log);
    const auto logger = log.logger("gateway");
    try {
        Gateway gateway(loaded.config, file.value_or(""), environment, log);
        gateway.on_exit_wanted([&signals] { signals.wake(); });
        if (const auto started = gateway.start(); !started) {
            logger->error("{}", started.error().what);
            return Ended::failed;
        }
        for (int number = signals.next(); number != SIGTERM && number != SIGINT; number = signals.next()) {
            if (number == 0) return Ended::restart;
            if (number == SIGHUP) gateway.reload();
        }
        return Ended::stop;
    } catch (const std::exception& problem) {
        logger->error("the gateway cannot go on: {}", problem.what());
        return Ended::failed;
    }
}

Exit run(const Arguments& arguments, const Environment& environment) {
    const Signals signals;
    Ended ended = Ended::restart;
    while (ended == Ended::restart) ended = run_once(arguments, environment, signals);
    if (ended == Ended::bad_configuration) return Exit::bad_input;
    return ended == Ended::failed ? Exit::failed : Exit::done;
}

Exit run_command(const Arguments& arguments, const Environment& environment) {
    switch (arguments.command) {
    case Arguments::Command::version: std::cout << "tplink2mqtt " << version() << '\n'; break;
    case Arguments::Command::help: std::cout << help_text(); break;
    case Arguments::Command::check: return run_check(arguments, environment);
    case Arguments::Command::discover: return run_discover(arguments, environment);
    case Arguments::Command::probe: return run_probe(arguments, environment);
    case Arguments::Command::dump: return run_dump(arguments, environment);
    case Arguments::Command::run: return run(arguments, environment);
    case Arguments::Command::decode_pictures: break;  // before this, without the environment
    }
    return Exit::done;
}

}  // namespace

int main(int argc, char** argv) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);  // a memory image would hold every password; children inherit it
    std::signal(SIGPIPE, SIG_IGN);  // a device that hangs up is an error of that write, not the end of the program
    const auto arguments = parse_arguments(std::vector<std::string>(argv + 1, argv + argc));
    if (!arguments) {
        std::cerr << arguments.error().what << '\n';
        return static_cast<int>(Exit::bad_input);
    }
    if (arguments->command == Arguments::Command::run) restart_with_small_caches(argv);
    keep_memory_small();
    prepare_video();
    if (arguments->command == Arguments::Command::decode_pictures) return decode_pictures();
    try {
        return static_cast<int>(run_command(*arguments, read_environment()));
    } catch (const std::exception& problem) {
        std::cerr << "It cannot go on: " << problem.what() << '\n';
        return static_cast<int>(Exit::failed);
    }
}
