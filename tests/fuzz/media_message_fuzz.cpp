// JSON parts of the video port: every text ends in a message or an error with a sentence.
#include <cstdint>
#include <cstdlib>

#include "protocols/base/bytes.hpp"
#include "protocols/stream/media_json.hpp"

using namespace tplink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
    const auto message = stream::read_message(text);
    if (!message && message.error().what.empty()) std::abort();
    if (message && message->session_id.find_first_not_of("-0123456789") != std::string::npos) std::abort();
    stream::find_error_code(text);
    return 0;
}
