#include "protocols/discovery/discover.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "protocols/discovery/targets.hpp"

namespace tplink::discovery {
namespace {

constexpr int kRounds = 3;                               // datagrams get lost
constexpr std::chrono::milliseconds kLongestPause{1500}; // between rounds
constexpr std::chrono::milliseconds kSettle{300}; // after the last target answered: its other port may follow
constexpr std::size_t kMaxDevices = 4096;

Buffer probe_of(const Deps& deps) {
    if (!deps.key) return *from_hex("020000010000000000000000463cb5d3");
    std::array<std::byte, 4> serial{};
    deps.random.fill(serial);
    return build_probe(deps.key->public_pem(64), load_be32(serial));
}

void send_round(net::UdpSocket& socket, const std::vector<std::string>& hosts, Bytes probe,
                const Options& options) {
    const Buffer kasa = build_kasa_probe();
    for (const std::string& host : hosts) {
        // An address out of reach is no reason to leave the others out.
        for (const std::uint16_t port : options.tdp_ports) (void)socket.send_to(probe, host, port);
        if (options.kasa_port != 0) (void)socket.send_to(kasa, host, options.kasa_port);
    }
}

/// The TDP answer knows the transport, sysinfo the name and firmware.
void merge(Found& into, Found other) {
    const bool tdp = other.raw.contains("tdp");
    if (tdp && !into.raw.contains("tdp")) std::swap(into, other);
    const auto fill = [](std::string& text, std::string& from) {
        if (text.empty()) text = std::move(from);
    };
    fill(into.name, other.name);
    fill(into.firmware, other.firmware);
    fill(into.hardware, other.hardware);
    fill(into.device_id, other.device_id);
    fill(into.model, other.model);
    if (into.family == Family::unknown) into.family = other.family;
    if (into.transport.empty()) {
        into.transport = std::move(other.transport);
        into.port = other.port;
    }
    into.answers_xor = into.answers_xor || other.answers_xor;
    for (auto& [key, value] : other.raw)
        if (!into.raw.contains(key)) into.raw.emplace(key, std::move(value));
}

class Search {
public:
    Search(const Options& options, const Deps& deps) : options_(options), deps_(deps) {}

    void take(const net::Datagram& datagram) {
        auto found = read(datagram);
        if (!found) return; // anybody may send anything to an open port
        found->address = datagram.address;
        if (answered_.size() < kMaxDevices) answered_.insert(datagram.address);
        const auto known = devices_.find(found->mac);
        if (known != devices_.end())
            merge(known->second, std::move(*found));
        else if (devices_.size() < kMaxDevices)
            devices_.emplace(found->mac, std::move(*found));
    }

    bool heard_all(const std::vector<std::string>& hosts) const {
        return std::all_of(hosts.begin(), hosts.end(),
                           [&](const std::string& host) { return answered_.contains(host); });
    }

    /// Those nothing was heard of; broadcast addresses never answer themselves, so they stay.
    std::vector<std::string> silent(std::vector<std::string> hosts) const {
        std::erase_if(hosts, [&](const std::string& host) { return answered_.contains(host); });
        return hosts;
    }

    std::vector<Found> result() && {
        std::vector<Found> list;
        for (auto& [mac, found] : devices_) list.push_back(std::move(found));
        return list;
    }

private:
    Result<Found> read(const net::Datagram& datagram) {
        if (options_.kasa_port != 0 && datagram.port == options_.kasa_port)
            return read_kasa_answer(datagram.data);
        auto result = TRY(parse_answer(datagram.data));
        // Opening encrypt_info costs a private RSA operation: only what is new is worth it.
        const bool fresh =
            opened_.size() < kMaxDevices && opened_.emplace(datagram.address, datagram.port).second;
        return read_answer(std::move(result), fresh ? deps_.key.get() : nullptr, options_.email);
    }

    const Options& options_;
    const Deps& deps_;
    std::map<std::string, Found> devices_;
    std::set<std::string> answered_;
    std::set<std::pair<std::string, std::uint16_t>> opened_;
};

} // namespace

Result<std::vector<Found>> discover(const Options& options, const Deps& deps) {
    const std::vector<std::string> targets = TRY(expand_targets(options.targets));
    std::vector<std::string> hosts = targets;
    if (options.broadcast)
        for (std::string& address : deps.broadcasts()) hosts.push_back(std::move(address));
    const auto socket = TRY(deps.open_socket());
    const std::stop_callback cancel(deps.stop, [&socket] { socket->cancel(); });
    const Buffer probe = probe_of(deps);
    const auto pause = std::min(kLongestPause, options.timeout / (kRounds + 1));
    SteadyTime next_round = deps.clock.now();
    SteadyTime deadline = next_round + options.timeout;
    Search search(options, deps);
    bool settled = options.broadcast || targets.empty();
    for (int round = 0; deps.clock.now() < deadline;) {
        if (round < kRounds && deps.clock.now() >= next_round) {
            // Many answers at once overrun the socket, the same ones each time: who was heard is not asked again.
            send_round(*socket, search.silent(hosts), probe, options);
            ++round;
            next_round += pause;
        }
        const SteadyTime until = round < kRounds ? std::min(next_round, deadline) : deadline;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - deps.clock.now());
        const auto datagram = TRY(socket->receive(std::max(wait, std::chrono::milliseconds{1})));
        if (datagram) search.take(*datagram);
        if (!settled && search.heard_all(targets)) {
            settled = true;
            deadline = std::min(deadline, deps.clock.now() + kSettle);
        }
    }
    return std::move(search).result();
}

Result<void> wake(const std::string& address, const Options& options, const Deps& deps) {
    const auto socket = TRY(deps.open_socket());
    const Buffer probe = probe_of(deps);
    Result<void> sent = fail(Errc::unreachable, "no discovery port given");
    for (const std::uint16_t port : options.tdp_ports) sent = socket->send_to(probe, address, port);
    return sent;
}

} // namespace tplink::discovery
