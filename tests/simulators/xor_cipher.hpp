#pragma once
// The autokey XOR of Kasa devices. Independent of the client's on purpose.

#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

Buffer xor_encrypt(std::string_view plain);
std::string xor_decrypt(Bytes cipher);
/// 4 bytes length, then the ciphertext, as on TCP.
Buffer xor_frame(std::string_view plain);

} // namespace tplink::sim
