#include "media/still/picture_wire.hpp"

#include <array>

#include "media/hub.hpp"

namespace tplink::media {
namespace {

// Request: codec, width, number of units, then each unit's size and bytes. Reply: 0 or an error code plus one, size,
// bytes. All numbers 32 bits, big endian.
constexpr std::size_t kWord = 4;
constexpr std::size_t kMaxReply = 32U << 20;

template <std::size_t N> std::array<std::byte, N * kWord> words(const std::array<std::size_t, N>& values) {
    std::array<std::byte, N * kWord> out;
    for (std::size_t i = 0; i < N; ++i) store_be32(std::span(out).subspan(i * kWord).template first<kWord>(), static_cast<std::uint32_t>(values[i]));
    return out;
}

class Reader {
public:
    Reader(int fd, net::Deadline deadline, const net::CancelEvent& cancel) : fd_(fd), deadline_(deadline), cancel_(cancel) {}

    Result<void> fill(std::span<std::byte> out) {
        while (!out.empty()) {
            const std::size_t got = TRY(net::receive_some(fd_, out, deadline_, cancel_));
            if (got == 0) return fail(Errc::unreachable, "the other side has ended");
            out = out.subspan(got);
        }
        return {};
    }
    template <std::size_t N> Result<std::array<std::size_t, N>> numbers() {
        std::array<std::byte, N * kWord> raw;
        TRY_VOID(fill(raw));
        std::array<std::size_t, N> out;
        for (std::size_t i = 0; i < N; ++i) out[i] = load_be32(std::span(raw).subspan(i * kWord).template first<kWord>());
        return out;
    }
    Result<Buffer> bytes(std::size_t size) {
        Buffer out(size);
        TRY_VOID(fill(out));
        return out;
    }

private:
    int fd_;
    net::Deadline deadline_;
    const net::CancelEvent& cancel_;
};

}  // namespace

Result<void> send_request(int fd, std::span<const AccessUnit> units, unsigned width, net::Deadline deadline, const net::CancelEvent& cancel) {
    const Codec codec = units.empty() ? Codec::h264 : units.front().codec;
    TRY_VOID(net::send_all(fd, words<3>({static_cast<std::size_t>(codec), width, units.size()}), deadline, cancel));
    for (const AccessUnit& unit : units) {
        TRY_VOID(net::send_all(fd, words<1>({unit.data->size()}), deadline, cancel));
        TRY_VOID(net::send_all(fd, *unit.data, deadline, cancel));
    }
    return {};
}

Result<PictureRequest> receive_request(int fd, net::Deadline deadline, const net::CancelEvent& cancel) {
    Reader reader(fd, deadline, cancel);
    const auto [codec, width, count] = TRY(reader.numbers<3>());
    if (codec > static_cast<std::size_t>(Codec::h265) || count > Hub::kMaxUnits) return fail(Errc::malformed, "no picture request");
    PictureRequest request;
    request.width = static_cast<unsigned>(width);
    std::size_t left = Hub::kMaxBytes;
    for (std::size_t i = 0; i < count; ++i) {
        const auto [size] = TRY(reader.numbers<1>());
        if (size > left) return fail(Errc::malformed, "the pictures of a request are too large");
        left -= size;
        AccessUnit unit;
        unit.codec = static_cast<Codec>(codec);
        unit.keyframe = i == 0;
        unit.data = std::make_shared<const Buffer>(TRY(reader.bytes(size)));
        request.units.push_back(std::move(unit));
    }
    return request;
}

Result<void> send_reply(int fd, const Result<Buffer>& jpeg, net::Deadline deadline, const net::CancelEvent& cancel) {
    const Bytes body = jpeg ? Bytes(*jpeg) : as_bytes(jpeg.error().what);
    const std::size_t status = jpeg ? 0 : 1 + static_cast<std::size_t>(jpeg.error().code);
    TRY_VOID(net::send_all(fd, words<2>({status, body.size()}), deadline, cancel));
    return net::send_all(fd, body, deadline, cancel);
}

Result<Result<Buffer>> receive_reply(int fd, net::Deadline deadline, const net::CancelEvent& cancel) {
    Reader reader(fd, deadline, cancel);
    const auto [status, size] = TRY(reader.numbers<2>());
    if (size > kMaxReply) return fail(Errc::malformed, "the picture is too large");
    Buffer body = TRY(reader.bytes(size));
    if (status == 0) return Result<Buffer>(std::move(body));
    const bool known = status == 1 + static_cast<std::size_t>(Errc::malformed) || status == 1 + static_cast<std::size_t>(Errc::refused);
    return Result<Buffer>(fail(known ? static_cast<Errc>(status - 1) : Errc::malformed, std::string(as_text(body))));
}

}  // namespace tplink::media
