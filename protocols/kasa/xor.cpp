#include "protocols/kasa/xor.hpp"

#include <cstring>

namespace tplink::kasa {
namespace {

constexpr std::uint8_t kFirstKey = 171;

/// out: as long as plain.
void encrypt_into(std::string_view plain, std::span<std::byte> out) {
    std::byte key{kFirstKey};
    for (std::size_t i = 0; i < plain.size(); ++i) out[i] = key ^= static_cast<std::byte>(plain[i]);
}

} // namespace

Buffer xor_encrypt(std::string_view plain) {
    Buffer cipher(plain.size());
    encrypt_into(plain, cipher);
    return cipher;
}

std::string xor_decrypt(Bytes cipher) {
    std::string plain(cipher.size(), '\0');
    if (!cipher.empty()) plain[0] = static_cast<char>(cipher[0] ^ std::byte{kFirstKey});
    // Each byte is XORed with the one before it: eight at a time by the same eight, one place to the left.
    std::size_t i = 1;
    for (std::uint64_t here = 0, before = 0; i + sizeof here <= cipher.size(); i += sizeof here) {
        std::memcpy(&here, cipher.data() + i, sizeof here);
        std::memcpy(&before, cipher.data() + i - 1, sizeof before);
        here ^= before;
        std::memcpy(plain.data() + i, &here, sizeof here);
    }
    for (; i < cipher.size(); ++i) plain[i] = static_cast<char>(cipher[i] ^ cipher[i - 1]);
    return plain;
}

Buffer xor_frame(std::string_view plain) {
    Buffer frame(kXorHeadBytes + plain.size());
    store_be32(std::span<std::byte>(frame).first<kXorHeadBytes>(), static_cast<std::uint32_t>(plain.size()));
    encrypt_into(plain, std::span<std::byte>(frame).subspan(kXorHeadBytes));
    return frame;
}

Result<std::size_t> xor_length(std::span<const std::byte, kXorHeadBytes> head) {
    const std::size_t length = load_be32(head);
    if (length == 0 || length > kMaxXorReply)
        return fail(Errc::malformed,
                    "port 9999: a reply of " + std::to_string(length) + " bytes is announced");
    return length;
}

} // namespace tplink::kasa
