#include "tests/simulators/discovery.hpp"

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/udp_port.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t kHeader = 16;
constexpr std::uint32_t kCrcSeed = 0x5A6B7C8D; // stands in the CRC field while the CRC is computed

std::uint32_t crc_of(Buffer datagram) {
    store_be32(std::span<std::byte, 4>(datagram.data() + 12, 4), kCrcSeed);
    return crc32_ieee(datagram);
}

std::uint16_t be16_at(Bytes data, std::size_t at) {
    return load_be16(std::span<const std::byte, 2>(data.data() + at, 2));
}

std::string rsa_key_in(std::string_view body) {
    boost::system::error_code error;
    const json::value parsed = json::parse(body, error);
    boost::system::error_code missing;
    const json::value* key = error ? nullptr : parsed.find_pointer("/params/rsa_key", missing);
    return key && key->is_string() ? std::string(key->get_string()) : std::string();
}

} // namespace

std::optional<Probe> parse_probe(Bytes datagram) {
    if (datagram.size() < kHeader || datagram[0] != std::byte{2} || be16_at(datagram, 2) != 1 ||
        be16_at(datagram, 4) != datagram.size() - kHeader)
        return std::nullopt;
    const std::uint32_t sent = load_be32(std::span<const std::byte, 4>(datagram.data() + 12, 4));
    if (sent != crc_of(to_buffer(datagram))) return std::nullopt;
    return Probe{rsa_key_in(as_text(datagram.subspan(kHeader)))};
}

Buffer build_answer(std::string_view body) {
    Buffer out(kHeader);
    out[0] = std::byte{2};
    out[3] = std::byte{1};
    store_be16(std::span<std::byte, 2>(out.data() + 4, 2), static_cast<std::uint16_t>(body.size()));
    append(out, body);
    store_be32(std::span<std::byte, 4>(out.data() + 12, 4), crc_of(out));
    return out;
}

std::unique_ptr<Port> make_discovery_port(const std::string& address, std::uint16_t port,
                                          std::shared_ptr<Reactor> reactor, Announce announce) {
    return std::make_unique<UdpPort>(
        address, port, std::move(reactor),
        [announce = std::move(announce)](Bytes datagram) -> std::optional<Buffer> {
            const auto probe = parse_probe(datagram);
            const std::string text = probe ? announce(*probe) : std::string();
            if (text.empty()) return std::nullopt;
            return build_answer(text);
        });
}

} // namespace tplink::sim
