#pragma once
// Finds the login a device takes, without using up a login attempt. Source: ladder.md.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/discovery/found.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/net/tcp_stream.hpp"
#include "protocols/session.hpp"

namespace tplink::tapo {

/// What a former visit taught; stored by the caller.
struct Learned {
    std::string
        transport; ///< "xor", "klap1", "klap2", "klap2-iot", "aes", "tpap", "tapo1", "tapo3", "tapo4", "vigi"
    std::string hash_form;          ///< cameras: "sha256" or "md5"; tapo4 may add its user name's form
    std::string certificate_sha256; ///< of a device with TLS: pinned from the first visit on
    std::string factory_account;    ///< the plug is bound to no account and answers to this one; else empty
    std::uint16_t port = 0;         ///< where that transport answered; 0: not known
    bool operator==(const Learned&) const = default;
};

struct Target {
    discovery::Family family = discovery::Family::unknown;
    std::string host;       ///< an address
    std::uint16_t port = 0; ///< configured; 0: announced, learned, or the transport's own (80, 443, 9999)
    Credentials credentials;
    Learned learned;
    std::optional<discovery::Found> announced;
    bool account_works = false; ///< some device took these credentials
    std::string refused_form{}; ///< "md5" or "sha256": L4 refused these credentials in it, the other is to be tried
    bool asked_afresh = false;  ///< a human asked: L4 may try the password in both its forms again
};

struct LadderDeps {
    net::HttpClientFactory http = net::make_http_client;
    std::function<std::unique_ptr<net::TcpConnector>()> tcp = net::make_tcp_connector; ///< for port 9999
    RandomBytes& random = system_random();          ///< outlives the session
    const Clock& clock = system_clock();            ///< likewise
    std::shared_ptr<const crypto::RsaKey> rsa_1024; ///< for AES logins; one for the process
    /// Sends a discovery probe: some plugs start their web server only then. May be empty.
    std::function<void(const std::string& host)> wake;
    std::chrono::milliseconds wake_wait{3000};
    std::chrono::milliseconds xor_probe_timeout{1500}; ///< a web server on that port would wait for more, for ever
    std::chrono::milliseconds plug_reply_timeout{5000}; ///< a command behind a lost answer must still be answered in time
    std::chrono::milliseconds xor_reply_timeout{5000};
    std::chrono::milliseconds l4_pause{2000}; ///< what an L4 camera needs after it ended a session (camera.md, "L4")
    std::stop_token stop; ///< ends every wait
};

/// Why a transport was not taken.
struct Attempt {
    std::string transport;
    Error error;
};

struct Opened {
    /// TPAP has logged in, as only that tells; the others do at their first request. errors: the most telling
    /// of the attempts; its sentence names all of them. unsupported names the generation the device wants.
    Result<std::unique_ptr<Session>> session;
    Learned learned;
    std::vector<Attempt> attempts;                         ///< what was asked and not taken, in order
    discovery::Family family = discovery::Family::unknown; ///< what it turned out to be
    std::string refused_form{}; ///< by L4, while the other form was left for later: "md5" or "sha256"; else empty
};

/// Blocking: a few exchanges, each bounded by its time-out. Only devices that speak TPAP get a proof of the
/// password here, which counts as an attempt when it is refused: one, or one for each form of the password at a camera
/// never logged in to; a plug whose account proof fits nothing known is `auth_failed` without one.
Opened open_session(const Target& target, const LadderDeps& deps);

} // namespace tplink::tapo
