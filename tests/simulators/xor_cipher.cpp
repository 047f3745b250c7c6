#include "tests/simulators/xor_cipher.hpp"

namespace tplink::sim {

namespace {
constexpr std::byte kFirstKey{0xAB};
}

Buffer xor_encrypt(std::string_view plain) {
    Buffer out;
    out.reserve(plain.size());
    std::byte key = kFirstKey;
    for (const std::byte value : as_bytes(plain)) out.push_back(key = value ^ key);
    return out;
}

std::string xor_decrypt(Bytes cipher) {
    std::string out;
    out.reserve(cipher.size());
    std::byte key = kFirstKey;
    for (const std::byte value : cipher) {
        out.push_back(static_cast<char>(value ^ key));
        key = value;
    }
    return out;
}

Buffer xor_frame(std::string_view plain) {
    Buffer out(4);
    store_be32(std::span<std::byte, 4>(out.data(), 4), static_cast<std::uint32_t>(plain.size()));
    append(out, as_text(xor_encrypt(plain)));
    return out;
}

} // namespace tplink::sim
