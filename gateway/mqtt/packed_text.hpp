#pragma once
// Long texts that are kept for a rare use.

#include <string>
#include <string_view>

namespace tplink::gateway {

/// A text and its length, made small; JSON with many repeated words shrinks to a tenth.
class PackedText {
public:
    PackedText() = default;
    explicit PackedText(std::string_view text);
    std::string text() const;
    bool empty() const { return size_ == 0; }

private:
    std::string packed_;
    std::size_t size_ = 0;
    bool plain_ = false;  ///< it did not get smaller
};

}  // namespace tplink::gateway
