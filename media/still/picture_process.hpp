#pragma once
// Pictures are decoded in a process of their own, which ends when it is no longer used: decoders bring some fifty
// megabytes of libraries and buffers that never leave the process they were loaded into, and they read foreign bytes.

#include <sys/types.h>

#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "media/access_unit.hpp"
#include "protocols/base/result.hpp"
#include "protocols/net/socket_io.hpp"

namespace tplink::media {

/// How the process is started: this program and these words, with the socket as its standard input.
struct PictureProgram {
    std::string path = "/proc/self/exe";
    std::string word = "decode-pictures";
    /// For one picture, the start of the process included: a long GOP on a slow machine.
    std::chrono::milliseconds limit{8000};
};

/// Thread-safe; one picture at a time.
class PictureProcess {
public:
    explicit PictureProcess(PictureProgram program) : program_(std::move(program)) {}
    ~PictureProcess();

    /// As encode_jpeg(), in the other process, which is started when it does not run. errors: those of encode_jpeg;
    /// malformed when the decoder crashed or hung, refused when the process cannot be started, cancelled after stop().
    Result<Buffer> encode(std::span<const AccessUnit> units, unsigned width);

    /// Ends the process when it was not used for some seconds. When to call again; nothing: after the next encode().
    std::optional<SteadyTime> rest(SteadyTime now);

    /// From now on encode() returns at once, also the one that waits.
    void stop() { cancel_.set(); }

private:
    Result<void> start();
    void end();
    Result<Result<Buffer>> ask(std::span<const AccessUnit> units, unsigned width);

    const PictureProgram program_;
    net::CancelEvent cancel_;
    std::mutex mutex_;  // guards all below
    pid_t pid_ = -1;    ///< -1: none runs
    net::OwnedFd socket_;
    SteadyTime used_{};
};

/// The other side: answers requests on `fd` until it is closed, with bounded time and memory. Returns the exit code.
int serve_pictures(int fd);

}  // namespace tplink::media
