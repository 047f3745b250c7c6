// A response head, and its challenge answered: what we would send must stay one line.
#include <cstdint>
#include <cstdlib>

#include "protocols/base/bytes.hpp"
#include "protocols/stream/digest.hpp"
#include "protocols/stream/http_head.hpp"

using namespace tplink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
    const auto head = stream::parse_response_head(text);
    if (!head) return 0;
    if (head->status < 100 || head->status > 999) std::abort();
    const auto challenge = stream::parse_digest_challenge(head->header("www-authenticate", "digest"));
    if (!challenge) return 0;
    if (challenge->nonce.empty()) std::abort();
    const std::string line =
        stream::digest_authorization(*challenge, "admin", "SECRET", "POST", "/stream", "c");
    if (line.find('\n') != std::string::npos) std::abort();
    return 0;
}
