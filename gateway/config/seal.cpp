#include "gateway/config/seal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "protocols/base/random.hpp"

namespace tplink::gateway {
namespace {

constexpr std::string_view kMark = "sealed:";
constexpr std::size_t kKeyBytes = 32;

/// What is really sealed: the place keeps an entry from being moved to another.
std::string bound(std::string_view place, std::string_view text) { return std::string(place) + '\n' + std::string(text); }

/// The key in the file; empty with errno when there is none.
Buffer read_key(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return {};
    Buffer key(kKeyBytes + 1);
    const ssize_t size = ::read(fd, key.data(), key.size());
    ::close(fd);
    errno = 0;
    return size == static_cast<ssize_t>(kKeyBytes) ? Buffer(key.begin(), key.begin() + kKeyBytes) : Buffer{};
}

/// Whole or not at all: a key cut short by a power cut would open nothing and never be made anew. False with errno.
bool write_key(const std::string& path, Bytes key) {
    const std::string beside = path + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    const bool good = ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(fd) == 0;
    int reason = errno;
    ::close(fd);
    const bool done = good && ::rename(beside.c_str(), path.c_str()) == 0;
    if (good && !done) reason = errno;
    if (!done) ::unlink(beside.c_str());
    errno = reason;
    return done;
}

}  // namespace

Result<std::unique_ptr<Seal>> Seal::from_file(const std::string& path) {
    errno = 0;
    Buffer key = read_key(path);
    if (key.empty() && errno != ENOENT) return fail(Errc::refused, errno == 0 ? "it does not hold 32 bytes" : std::strerror(errno));
    if (key.empty()) {
        key = system_random().bytes(kKeyBytes);
        if (!write_key(path, key)) return fail(Errc::refused, std::strerror(errno));
    }
    return std::unique_ptr<Seal>(new Seal(key));
}

bool Seal::is_sealed(std::string_view text) { return text.starts_with(kMark); }

std::string Seal::close(std::string_view place, std::string_view text) {
    crypto::AeadNonce nonce{};
    system_random().fill(nonce);
    const std::string plain = bound(place, text);
    const std::lock_guard lock(mutex_);
    return std::string(kMark) + base64_encode(aead_.seal(nonce, as_bytes(plain), nonce));
}

std::optional<std::string> Seal::open(std::string_view place, std::string_view sealed) {
    crypto::AeadNonce nonce{};
    const auto bytes = is_sealed(sealed) ? base64_decode(sealed.substr(kMark.size())) : std::nullopt;
    if (!bytes || bytes->size() < nonce.size()) return std::nullopt;
    std::copy_n(bytes->begin(), nonce.size(), nonce.begin());
    const std::lock_guard lock(mutex_);
    const auto plain = aead_.open(nonce, Bytes(*bytes).subspan(nonce.size()));
    const std::string head = bound(place, "");
    if (!plain || !as_text(*plain).starts_with(head)) return std::nullopt;
    return std::string(as_text(*plain).substr(head.size()));
}

}  // namespace tplink::gateway
