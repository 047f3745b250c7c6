// TPAP: what a device may answer to its login, and frames. First byte: which.
#include <cstdlib>

#include "protocols/tapo/reply.hpp"
#include "protocols/tapo/tpap.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink;
    if (size == 0) return 0;
    const Bytes bytes = std::as_bytes(std::span(data + 1, size - 1));
    if (data[0] % 3 == 0) {
        static tapo::TpapCipher cipher(crypto::AeadKind::aes128_ccm, crypto::Hash::sha256, Buffer(32));
        if (const auto plain = cipher.open(bytes)) (void)tapo::parse_object(as_text(*plain));
        if (tapo::clear_refusal(as_text(bytes)) && bytes.empty()) std::abort();
        return 0;
    }
    const auto reply = tapo::parse_object(as_text(bytes));
    if (!reply) return 0;
    if (data[0] % 3 == 1) {
        if (const auto offer = tapo::read_tpap_offer(*reply)) {
            if (offer->pake.size() > 16) std::abort();
            (void)tapo::plug_passcode_type(offer->pake);
            (void)tapo::factory_passcode(offer->mac);
        }
        return 0;
    }
    auto registration = tapo::read_registration(*reply);
    if (!registration) return 0;
    if (registration->iterations > tapo::kTpapMaxIterations) std::abort();
    registration->iterations = 1; // the fuzzer's time is not the device's
    const auto secret =
        tapo::tpap_credential(registration->extra_crypt, "user", "password", "5C-A6-E6-01-02-03");
    const std::size_t length = crypto::scalar_bytes(crypto::spake2_suite(registration->suite)->curve);
    Buffer x(length);
    x.back() = std::byte{7};
    if (secret) (void)tapo::tpap_prove(*registration, *secret, Buffer(32), x, true);
    return 0;
}
