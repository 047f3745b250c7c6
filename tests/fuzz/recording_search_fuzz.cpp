// A camera's list of recordings: bounded, every entry a span of time. Its days are dates, and its clock does not overflow.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/stream/recordings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    boost::system::error_code error;
    const auto value = boost::json::parse(std::string_view(reinterpret_cast<const char*>(data), size), error);
    if (error) return 0;
    const auto page = tplink::stream::parse_search(value);
    if (page.recordings.size() > 1000) std::abort();
    for (const auto& one : page.recordings)
        if (one.start_s < 0 || one.end_s <= one.start_s) std::abort();
    const auto days = tplink::stream::parse_days(value);
    if (days.size() > 1000) std::abort();
    for (const auto& day : days)
        if (day.size() != 8 || day.find_first_not_of("0123456789") != std::string::npos) std::abort();
    const auto offset = tplink::stream::clock_offset(value, 1789688911);
    if (offset > 4'000'000'000 || offset < -4'000'000'000) std::abort();
    return 0;
}
