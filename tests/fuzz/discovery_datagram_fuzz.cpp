// Datagrams anybody in the network may send to the discovery socket. First byte: which port it came from.
#include <cstdint>
#include <cstdlib>

#include "protocols/discovery/kasa_udp.hpp"
#include "protocols/discovery/targets.hpp"
#include "protocols/discovery/tdp.hpp"

using namespace tplink;

namespace {

void check(const Result<discovery::Found>& found) {
    if (found && (found->mac.size() != 12 || found->raw.empty())) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const crypto::RsaKey key = crypto::RsaKey::generate(1024).value();
    if (size == 0) return 0;
    const Bytes bytes = std::as_bytes(std::span(data + 1, size - 1));
    switch (data[0] % 4) {
    case 0:
        if (auto result = discovery::parse_answer(bytes))
            check(discovery::read_answer(std::move(*result), &key, "me@example.com"));
        break;
    case 1: check(discovery::read_kasa_answer(bytes)); break;
    case 2: check(discovery::read_kasa_answer(kasa::xor_encrypt(as_text(bytes)))); break;
    default: {
        const std::string target(as_text(bytes));
        const auto hosts = discovery::expand_targets({&target, 1});
        if (hosts && hosts->size() > discovery::kMaxTargets) std::abort();
    }
    }
    return 0;
}
