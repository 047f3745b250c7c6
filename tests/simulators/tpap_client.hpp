#pragma once
// The least of a TPAP client: the user's side of SPAKE2+, written for the simulators' own tests.

#include <boost/json/object.hpp>
#include <string>

#include "tests/simulators/sim_client.hpp"
#include "tests/simulators/tpap/pake.hpp"

namespace tplink::sim {

/// What a user computes; hex without leading zeros for w0 and w1.
struct UserPake {
    std::string w0;
    std::string w1;
    Buffer share;
    PakeKeys keys;
};
/// x: any 32 bytes. dev_share: compressed or not.
UserPake user_pake(std::string_view secret, Bytes salt, int iterations, Bytes x, Bytes user_random,
                   Bytes dev_random, Bytes dev_share, ScalarForm form);

class TpapClient {
public:
    TpapClient(const std::string& address, int port, bool tls = false) : client_(address, port, tls) {}

    boost::json::object step(const boost::json::object& params);
    /// Error code of the step that failed, 0: logged in. The device's proof must hold.
    int log_in(std::string_view secret, const std::string& username, const std::string& passcode_type,
               ScalarForm form);
    /// Posts the sealed request; opens the answer or gives the clear JSON.
    boost::json::object ask(std::string_view request);
    std::string stok;
    std::uint32_t seq = 0;
    int last_status = 0;

private:
    SimClient client_;
    RecordKeys keys_;
};

} // namespace tplink::sim
