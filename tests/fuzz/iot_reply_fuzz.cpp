// Port 9999: frames and what devices answer in them.

#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "protocols/kasa/iot.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/tapo/reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink;
    const Bytes bytes = std::as_bytes(std::span(data, size));
    if (size >= kasa::kXorHeadBytes) {
        const auto length = kasa::xor_length(bytes.first<kasa::kXorHeadBytes>());
        if (length && *length > kasa::kMaxXorReply) std::abort();
    }
    if (as_text(kasa::xor_encrypt(kasa::xor_decrypt(bytes))) != as_text(bytes)) std::abort();
    auto reply = tapo::parse_object(as_text(bytes));
    if (!reply) return 0;
    const Request request{"system.get_sysinfo", nullptr};
    const Answer answer = kasa::iot_answer(request, *reply);
    if (!answer.result) return 0;
    const Identity identity = kasa::identity_of_sysinfo(kasa::sysinfo_of(answer.result->as_object()));
    if (!identity.mac.empty() && identity.mac.size() != 12) std::abort();
    if (identity.components.size() > 24) std::abort();
    return 0;
}
