// What a browser reports about the packets it got.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "media/rtp/feedback.hpp"
#include "media/webrtc/sender.hpp"

using namespace tplink::media;

namespace {

struct Nowhere final : webrtc::PacketOut {
    std::size_t send(tplink::Bytes bytes, std::span<const std::size_t> sizes) override {
        std::size_t total = 0;
        for (const std::size_t size : sizes) total += size;
        if (total > bytes.size()) std::abort();
        return sizes.size();
    }
};

webrtc::Sender& sender() {
    static webrtc::Sender* made = [] {
        auto* one = new webrtc::Sender({.video = {96, 0x61626364, 97, 2}, .sound = {}, .other_sound = {}, .name = "fuzz", .wake = {}}, {}, std::make_shared<Nowhere>());
        AccessUnit unit;
        unit.codec = Codec::h264;
        unit.keyframe = true;
        unit.arrival = std::chrono::steady_clock::now();
        tplink::Buffer bytes = *tplink::from_hex("0000000165");
        bytes.resize(20'000, std::byte{0x55});
        unit.data = std::make_shared<const tplink::Buffer>(std::move(bytes));
        one->deliver(unit, 0);
        return one;
    }();
    return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const tplink::Bytes bytes = std::as_bytes(std::span(data, size));
    if (rtp::parse_nacks(bytes).size() > rtp::kMostMissing) std::abort();
    sender().hear(bytes);
    return 0;
}
