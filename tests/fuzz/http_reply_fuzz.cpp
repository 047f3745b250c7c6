// What a plug's web server may send: bounded, and the same in whatever pieces it comes. First byte: their size.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/net/http_reply.hpp"

namespace {

constexpr std::size_t kMaxBody = 4096;

struct Read {
    bool good = false, keeps = false;
    tplink::net::HttpResponse response;
};

Read read(std::string_view text, std::size_t piece) {
    tplink::net::ReplyReader reader(kMaxBody);
    while (!text.empty() && !reader.complete()) {
        if (!reader.take(text.substr(0, piece))) return {};
        text.remove_prefix(std::min(piece, text.size()));
    }
    if (!reader.complete() && !reader.end()) return {};
    const bool keeps = reader.keeps_connection() && text.empty();
    return {true, keeps, std::move(reader).response()};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const Read whole = read(text, size);
    const Read pieces = read(text, std::size_t{data[0]} + 1);
    if (whole.good != pieces.good || whole.keeps != pieces.keeps) std::abort();
    if (whole.response.body != pieces.response.body || whole.response.headers != pieces.response.headers) std::abort();
    if (whole.response.body.size() > kMaxBody) std::abort();
    if (whole.good && (whole.response.status < 100 || whole.response.status > 999)) std::abort();
    return 0;
}
