#pragma once
// How an actor gets a session: the ladder of logins behind one interface, so that actors can be tested without sockets.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/config/configuration.hpp"
#include "protocols/session.hpp"

namespace tplink::gateway {

/// Facts that survive a restart. Texts as the ladder understands them; empty: not known.
struct Learned {
    std::string mac{}, model{}, name{};
    std::string address{};           ///< where it was seen last
    std::uint16_t port = 0;
    std::string transport{};         ///< "klap2", "tapo3", ...
    std::string hash_form{};         ///< which form of the password it holds
    std::string certificate_sha256{};  ///< pinned
    Family family = Family::automatic;
    bool battery = false;            ///< every contact costs it: never tried more often than contacts are due
    std::vector<std::string> children{};  ///< ids of what hangs on it
    std::string firmware{};          ///< whose `unsupported` is
    std::vector<std::string> unsupported{};  ///< queries that firmware does not know: not asked again before it changes
    bool operator==(const Learned&) const = default;
};

struct OpenRequest {
    std::string host;
    std::uint16_t port = 0;  ///< 0: learned, announced or the family's own
    Family family = Family::automatic;
    Credentials credentials;
    Learned learned;
    std::uint16_t state_port = 0;  ///< Kasa cameras: UDP; 0: 9999
    KasaControl control = KasaControl::automatic;
    bool afresh = false;  ///< a human asked: what was refused before may be tried again
};

struct Opened {
    std::unique_ptr<Session> session;
    Learned learned;
};

/// Blocking; one thread; cancel() from any, sticky.
class Opener {
public:
    virtual ~Opener() = default;
    /// errors: any of Errc; the sentence names every generation tried and why it did not fit.
    virtual Result<Opened> open(const OpenRequest& request) = 0;
    virtual void cancel() = 0;
};

using OpenerFactory = std::function<std::unique_ptr<Opener>()>;

}  // namespace tplink::gateway
