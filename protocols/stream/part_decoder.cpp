#include "protocols/stream/part_decoder.hpp"

#include <algorithm>

namespace tplink::stream {
namespace {

// One garbled part at the start must not look like a wrong password; three in a row do not happen by chance.
constexpr int kFailuresToGiveUp = 3;

/// A wrong key passes the padding check once in 256 parts; it does not make a picture or aligned TS packets
/// as well.
bool looks_like_media(const Part& part, Bytes plain) {
    const auto is = [&](std::size_t at, unsigned value) {
        return at < plain.size() && u8(plain[at]) == value;
    };
    if (part.content_type() == "video/mp2t") {
        if (plain.size() <= 188) return is(0, 0x47);
        for (std::size_t at = 0; at < 188; ++at) { // some firmware cuts inside packets
            if (is(at, 0x47) && is(at + 188, 0x47)) return true;
        }
        return false;
    }
    return part.content_type() != "image/jpeg" || (is(0, 0xFF) && is(1, 0xD8));
}

} // namespace

PartDecoder::PartDecoder(const std::optional<KeyExchange>& exchange, const std::vector<Secret>& secrets,
                         std::shared_ptr<std::atomic<unsigned>> memory)
    : memory_(std::move(memory)), has_exchange_(exchange.has_value()) {
    if (!exchange) return;
    for (const Secret& secret : secrets)
        ciphers_.push_back({PartCipher(*exchange, secret), static_cast<unsigned>(ciphers_.size())});
    const unsigned last = memory_ ? memory_->load() : 0U;
    if (last > 0 && last < ciphers_.size()) std::swap(ciphers_[0], ciphers_[last]);
}

Result<Buffer> PartDecoder::decode(Part& part) {
    if (part.header("x-if-encrypt") != "1") return std::move(part.body);
    if (!has_exchange_) return fail(Errc::malformed, "an encrypted part in a session without Key-Exchange");
    if (!proven_) return prove(part);
    return ciphers_.front().cipher.decrypt(part.body, part.header("x-nonce"), part.header("x-data-hmac"));
}

Result<Buffer> PartDecoder::prove(const Part& part) {
    for (Candidate& candidate : ciphers_) {
        auto plain = candidate.cipher.decrypt(part.body, part.header("x-nonce"), part.header("x-data-hmac"));
        if (!plain || !looks_like_media(part, *plain)) continue;
        if (memory_) *memory_ = candidate.index;
        std::swap(ciphers_.front(), candidate);
        ciphers_.erase(ciphers_.begin() + 1, ciphers_.end());
        proven_ = true;
        return plain;
    }
    if (++failures_ < kFailuresToGiveUp) return fail(Errc::malformed, "part does not decrypt");
    return fail(Errc::auth_failed,
                "the camera's video does not decrypt: account password or hash does not match");
}

} // namespace tplink::stream
