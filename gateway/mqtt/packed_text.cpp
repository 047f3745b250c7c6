#include "gateway/mqtt/packed_text.hpp"

#include <zlib.h>

#include <vector>

namespace tplink::gateway {

PackedText::PackedText(std::string_view text) : size_(text.size()) {
    std::vector<Bytef> out(compressBound(text.size()));
    auto length = static_cast<uLongf>(out.size());
    plain_ = compress2(out.data(), &length, reinterpret_cast<const Bytef*>(text.data()), text.size(), Z_BEST_SPEED) != Z_OK || length >= text.size();
    if (plain_) packed_ = text;
    else packed_.assign(reinterpret_cast<const char*>(out.data()), length);
}

std::string PackedText::text() const {
    if (plain_) return packed_;
    std::string out(size_, '\0');
    auto length = static_cast<uLongf>(size_);
    uncompress(reinterpret_cast<Bytef*>(out.data()), &length, reinterpret_cast<const Bytef*>(packed_.data()), packed_.size());
    return out;
}

}  // namespace tplink::gateway
