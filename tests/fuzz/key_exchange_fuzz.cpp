// A Key-Exchange header in the first line, a part's X-Nonce, X-Data-Hmac and body in the next ones.
#include <cstdint>
#include <cstdlib>

#include "protocols/stream/key_exchange.hpp"

using namespace tplink;

namespace {

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = as_text(std::as_bytes(std::span(data, size)));
    const auto exchange = stream::parse_key_exchange(take_line(text));
    if (!exchange) return exchange.error().what.empty() ? (std::abort(), 0) : 0;
    const bool is_md5 = exchange->algorithm == stream::KeyExchange::Algorithm::md5;
    if (is_md5 ? exchange->nonce.empty() : exchange->salt.empty()) std::abort();
    stream::PartCipher cipher(*exchange, Secret("SECRET"));
    const std::string_view nonce = take_line(text);
    const std::string_view hmac = take_line(text);
    const auto plain = cipher.decrypt(as_bytes(text), nonce, hmac);
    if (plain && plain->size() >= text.size()) std::abort();
    return 0;
}
