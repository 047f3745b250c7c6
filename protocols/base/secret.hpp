#pragma once
// A text that must not be seen: password, stok, key, token.

#include <string>
#include <string_view>
#include <utility>

namespace tplink {

/// Holds a secret; formats as "***" everywhere but through reveal(). Its memory is wiped when it goes.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            wipe();
            text_ = std::move(other.text_);
            other.wipe();
        }
        return *this;
    }
    ~Secret() { wipe(); }

    const std::string& reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    bool operator==(const Secret&) const = default;

    friend std::string_view format_as(const Secret&) { return "***"; }
    friend std::string_view to_string(const Secret&) { return "***"; }

private:
    void wipe() {
        volatile char* bytes = text_.data();
        for (std::size_t i = 0; i < text_.size(); ++i) bytes[i] = 0;
        text_.clear();
    }
    std::string text_;
};

/// The account or the device's own user.
struct Credentials {
    std::string username;
    Secret password;
    bool operator==(const Credentials&) const = default;
};

}  // namespace tplink
