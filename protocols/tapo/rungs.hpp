#pragma once
// The rungs of the ladder: one function for each kind of device. Internal to ladder.cpp.

#include "protocols/tapo/ladder.hpp"

namespace tplink::tapo {

/// One climb: what is known, what was found, why the rest was not taken.
struct Climb {
    const Target& target;
    const LadderDeps& deps;
    std::unique_ptr<Session> session;
    Learned learned;
    std::vector<Attempt> attempts;
    discovery::Family family = discovery::Family::unknown;
    std::string refused_form{};

    void missed(std::string transport, Error error) {
        attempts.push_back({std::move(transport), std::move(error)});
    }
    /// Nothing found yet, and nothing that forbids further questions.
    bool goes_on() const {
        if (session || deps.stop.stop_requested()) return false;
        for (const Attempt& attempt : attempts)
            if (attempt.error.code == Errc::auth_failed || attempt.error.code == Errc::locked_out)
                return false;
        return true;
    }
    /// The configured port, else the announced one, else the one of the learned transport, else `own_port`.
    std::uint16_t port(std::uint16_t own_port) const;
    net::HttpOptions options(std::uint16_t own_port, net::Tls tls) const;
    std::unique_ptr<net::HttpClient> connect(std::uint16_t own_port, net::Tls tls) const;
};

/// Plugs, switches, bulbs and strips of both languages.
void try_plug(Climb& climb);
/// Tapo cameras, hubs and doorbells; VIGI cameras.
void try_camera(Climb& climb);
/// Port 9999 alone.
void try_xor(Climb& climb);

} // namespace tplink::tapo
