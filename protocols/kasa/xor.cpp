#include "protocols/kasa/xor.hpp"

namespace tplink::kasa {
namespace {

constexpr std::uint8_t kFirstKey = 171;

} // namespace

Buffer xor_encrypt(std::string_view plain) {
    Buffer cipher(plain.size());
    std::byte key{kFirstKey};
    for (std::size_t i = 0; i < plain.size(); ++i) cipher[i] = key ^= static_cast<std::byte>(plain[i]);
    return cipher;
}

std::string xor_decrypt(Bytes cipher) {
    std::string plain(cipher.size(), '\0');
    std::byte key{kFirstKey};
    for (std::size_t i = 0; i < cipher.size(); ++i) {
        plain[i] = static_cast<char>(cipher[i] ^ key);
        key = cipher[i];
    }
    return plain;
}

Buffer xor_frame(std::string_view plain) {
    Buffer frame(kXorHeadBytes);
    store_be32(std::span<std::byte>(frame).first<kXorHeadBytes>(), static_cast<std::uint32_t>(plain.size()));
    append(frame, xor_encrypt(plain));
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
