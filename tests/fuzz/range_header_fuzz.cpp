// A Range header: what comes out always lies inside the body.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/web/api_replies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view header(reinterpret_cast<const char*>(data), size);
    for (const std::size_t body : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, SIZE_MAX}) {
        const auto range = tplink::gateway::parse_range(header, body);
        if (range && !range->bad && (range->first > range->last || range->last >= body)) std::abort();
    }
    return 0;
}
