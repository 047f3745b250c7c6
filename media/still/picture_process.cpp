#include "media/still/picture_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "media/still/picture_wire.hpp"

namespace tplink::media {
namespace {

using namespace std::chrono_literals;

constexpr auto kIdle = 5s;   // pictures often come in a row: a page with many cameras, or all of them at the start

// What a decoder may know: nothing of the configuration, which may stand in the environment with its passwords.
bool is_harmless(std::string_view entry) {
    constexpr std::array<std::string_view, 12> kKnown{"GST_", "LD_", "XDG_", "LC_", "LANG=", "PATH=", "HOME=", "TMPDIR=",
                                                      "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS="};
    return std::any_of(kKnown.begin(), kKnown.end(), [&](std::string_view known) { return entry.starts_with(known); });
}

/// The words and switches of one start.
class Launch {
public:
    Launch() {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes_, &none);  // ours blocks what ends a program
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~Launch() {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }
    Launch(const Launch&) = delete;
    Launch& operator=(const Launch&) = delete;

    Result<pid_t> run(const PictureProgram& program, int socket) {
        posix_spawn_file_actions_adddup2(&files_, socket, STDIN_FILENO);
        posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
        posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
        std::string name = "tplink2mqtt", word = program.word;
        std::array<char*, 3> arguments{name.data(), word.data(), nullptr};
        std::vector<char*> environment;
        for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
            if (is_harmless(*entry)) environment.push_back(*entry);
        environment.push_back(nullptr);
        pid_t pid = -1;
        const int code = ::posix_spawn(&pid, program.path.c_str(), &files_, &attributes_, arguments.data(), environment.data());
        if (code != 0) return fail(Errc::refused, "the process that decodes pictures does not start: " + net::errno_text(code));
        return pid;
    }

private:
    posix_spawn_file_actions_t files_;
    posix_spawnattr_t attributes_;
};

}  // namespace

PictureProcess::~PictureProcess() {
    stop();
    const std::lock_guard lock(mutex_);
    end();
}

Result<void> PictureProcess::start() {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(Errc::refused, "the process that decodes pictures does not start: " + net::errno_text(errno));
    net::OwnedFd ours(pair[0]);
    const net::OwnedFd theirs(pair[1]);
    pid_ = TRY(Launch().run(program_, theirs.get()));
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    socket_ = std::move(ours);
    return {};
}

// It keeps nothing that would be worth a farewell. The closed socket alone would end it too, where signals are forbidden.
void PictureProcess::end() {
    if (pid_ < 0) return;
    socket_ = net::OwnedFd();
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {}
    pid_ = -1;
}

Result<Result<Buffer>> PictureProcess::ask(std::span<const AccessUnit> units, unsigned width) {
    const auto deadline = net::deadline_in(program_.limit);
    TRY_VOID(send_request(socket_.get(), units, width, deadline, cancel_));
    return receive_reply(socket_.get(), deadline, cancel_);
}

Result<Buffer> PictureProcess::encode(std::span<const AccessUnit> units, unsigned width) {
    if (units.empty() || !is_video(units.front().codec)) return fail(Errc::malformed, "still: no picture to decode");
    const std::lock_guard lock(mutex_);
    for (bool fresh = false; !fresh;) {
        if (cancel_.is_set()) return fail(Errc::cancelled, "the gateway is stopping");
        fresh = pid_ < 0;
        if (fresh) TRY_VOID(start());
        auto reply = ask(units, width);
        used_ = std::chrono::steady_clock::now();
        if (reply) return std::move(*reply);
        end();
        if (reply.error().code == Errc::cancelled) return fail(Errc::cancelled, "the gateway is stopping");
        if (reply.error().code == Errc::timeout) break;
        // One that ran before may have died since; one that was started for this picture died of it.
    }
    return fail(Errc::malformed, "still: the picture cannot be decoded");
}

std::optional<SteadyTime> PictureProcess::rest(SteadyTime now) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return now + kIdle;  // at work
    if (pid_ < 0) return std::nullopt;
    if (now < used_ + kIdle) return used_ + kIdle;
    end();
    return std::nullopt;
}

}  // namespace tplink::media
