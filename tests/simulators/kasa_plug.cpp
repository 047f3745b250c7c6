#include "tests/simulators/kasa_plug.hpp"

#include <boost/json.hpp>

#include "tests/simulators/udp_port.hpp"
#include "tests/simulators/xor_cipher.hpp"
#include "tests/simulators/xor_server.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

IotFacts facts_of(const KasaPlugOptions& options) {
    IotFacts facts = options.iot;
    facts.address = options.address;
    facts.mac = options.mac;
    facts.alias = options.alias;
    return facts;
}

} // namespace

KasaPlug::KasaPlug(KasaPlugOptions options)
    : Device(options), kasa_options_(options), inner_(facts_of(options), options.world) {}

std::unique_ptr<Port> KasaPlug::make_control_port(std::function<void()> on_revived) {
    TcpPortOptions tcp;
    tcp.address = options().address;
    tcp.port = options().port;
    tcp.reactor = options().reactor;
    tcp.max_connections = kasa_options_.max_connections;
    tcp.on_revived = std::move(on_revived);
    return std::make_unique<XorServer>(
        std::move(tcp),
        [this](std::string_view request) -> XorAnswer {
            ++requests_;
            if (faults().take_rate_limit()) return {.json = inner_.rate_limited()};
            XorAnswer answer{.json = inner_.answer_text(request)};
            const auto rebooting = inner_.take_reboot();
            if (rebooting)
                answer.then = [this] {
                    inner_.power_cycle();
                    reboot();
                };
            return answer;
        },
        faults());
}

std::vector<std::unique_ptr<Port>> KasaPlug::make_side_ports() {
    std::vector<std::unique_ptr<Port>> out;
    if (kasa_options_.udp_port)
        out.push_back(
            std::make_unique<UdpPort>(options().address, *kasa_options_.udp_port, options().reactor,
                                      [this](Bytes datagram) { return answer_datagram(datagram); }));
    return out;
}

std::optional<Buffer> KasaPlug::answer_datagram(Bytes datagram) {
    const std::string answer = inner_.answer_text(xor_decrypt(datagram));
    if (answer.empty()) return std::nullopt;
    return xor_encrypt(answer);
}

std::uint16_t KasaPlug::udp_port() const {
    return side_ports().empty() ? std::uint16_t{0} : side_ports().front()->number();
}

json::object KasaPlug::own_state() const {
    json::object out = inner_.state();
    out["model"] = inner_.model();
    return out;
}

} // namespace tplink::sim
