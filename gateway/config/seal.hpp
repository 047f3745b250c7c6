#pragma once
// Texts sealed for a file: without the key beside it they tell nothing.

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/crypto_aead.hpp"

namespace tplink::gateway {

/// Thread-safe. The key is a file of 32 bytes, mode 0600, made at first need.
class Seal {
public:
    /// errors: refused, the reason, when the file can be neither read nor made.
    static Result<std::unique_ptr<Seal>> from_file(const std::string& path);

    /// One line; `place` is where the text stands: it opens nowhere else.
    std::string close(std::string_view place, std::string_view text);
    /// Nothing when it was sealed by another key or for another place, or was changed.
    std::optional<std::string> open(std::string_view place, std::string_view sealed);
    static bool is_sealed(std::string_view text);

private:
    explicit Seal(Bytes key) : aead_(crypto::AeadKind::chacha20_poly1305, key) {}

    std::mutex mutex_;
    crypto::Aead aead_;
};

}  // namespace tplink::gateway
