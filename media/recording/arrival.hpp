#pragma once
// A recording as bytes that can be watched while it is still fetched.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

/// One writes, several read. Thread-safe. The bytes are in a file without a name: no memory, and nothing is left behind.
class Arrival {
public:
    /// patience: how long it is worth fetching what nobody reads. errors: refused when there is no room for temporary files.
    static Result<std::shared_ptr<Arrival>> create(std::chrono::milliseconds patience);
    Arrival(int file, std::chrono::milliseconds patience) : file_(file), patience_(patience) {}
    ~Arrival();
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

    /// Once, before the first bytes: `video/mp4; codecs="..."`.
    void begin(std::string content_type);
    /// errors: refused when the disk is full.
    Result<void> append(Bytes bytes);
    /// No more comes: it is whole, or why not.
    void finish(Result<void> outcome);
    bool is_over() const;
    /// Nobody has read for so long.
    bool is_abandoned() const;

    class Reader;

private:
    const int file_;
    const std::chrono::milliseconds patience_;
    mutable std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::string content_type_;
    std::size_t size_ = 0;
    std::optional<Result<void>> outcome_;
    unsigned readers_ = 0;
    std::chrono::steady_clock::time_point left_ = std::chrono::steady_clock::now();
};

/// One thread. Reads from the beginning.
class Arrival::Reader {
public:
    explicit Reader(std::shared_ptr<Arrival> arrival);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Blocks until the first bytes are there; what they are. errors: why none will come.
    Result<std::string> content_type();
    /// At least a byte; empty at the end. errors: timeout (call again); why it broke off.
    Result<Buffer> next(std::chrono::milliseconds timeout);

private:
    const std::shared_ptr<Arrival> arrival_;
    std::size_t at_ = 0;
};

}  // namespace tplink::media
