#pragma once
// HTTP Basic and Digest for pictures: recorders fetch them with the user they know from ONVIF.

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::gateway::onvif {

/// Thread-safe.
class HttpLogin {
public:
    HttpLogin(Credentials user, const Clock& clock, RandomBytes& random) : user_(std::move(user)), clock_(clock), random_(random) {}
    bool admits(std::string_view method, std::string_view authorization);
    /// Values of the WWW-Authenticate headers of a 401.
    std::string digest_challenge();

private:
    static constexpr std::chrono::minutes kNonceLife{5};
    static constexpr std::size_t kNoncesKept = 256;
    bool is_known(const std::string& nonce);

    const Credentials user_;
    const Clock& clock_;
    RandomBytes& random_;
    std::mutex mutex_;
    std::map<std::string, SteadyTime> nonces_;
};

}  // namespace tplink::gateway::onvif
