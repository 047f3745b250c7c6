#pragma once
// SOAP 1.2 requests in, answers and faults out (onvif.md).

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/clock.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"
#include "protocols/onvif/xml.hpp"

namespace tplink::gateway::onvif {

/// Names without prefixes; bounded in size, depth and number of elements.
struct SoapRequest {
    struct Node {
        std::string name, text;
        std::map<std::string, std::string> attributes;
    };
    std::string operation;    ///< "GetProfiles"
    std::string space;        ///< namespace of the operation
    std::vector<Node> nodes;  ///< everything below Envelope, in order

    const Node* find(std::string_view name) const;
    std::string text(std::string_view name) const;  ///< of find(); empty when there is none
};

/// errors: malformed.
Result<SoapRequest> parse_request(std::string_view xml);

using tplink::onvif::escaped;

/// A whole answer around the body.
std::string envelope(std::string_view body);
/// `code`: "Sender" or "Receiver"; `subcode`: "ter:NotAuthorized".
std::string fault(std::string_view code, std::string_view subcode, std::string_view sentence);

/// Judges the UsernameToken of requests; remembers nonces, so that a recorded request opens nothing. Thread-safe.
class UsernameTokens {
public:
    UsernameTokens(Credentials user, const Clock& clock) : user_(std::move(user)), clock_(clock) {}
    bool admits(const SoapRequest& request);
    /// Too many wrong ones from `peer` lately: do not even look. Called before admits(); failed() after a wrong one.
    bool is_shut_for(const std::string& peer);
    void failed(const std::string& peer);

private:
    static constexpr std::chrono::minutes kClockSlack{10};
    static constexpr std::size_t kNoncesKept = 1000, kPeersKept = 1024;
    static constexpr unsigned kFailuresAllowed = 20;  ///< in a minute; clients with an old password try every few seconds
    struct Failures {
        unsigned count = 0;
        SteadyTime until{};
    };

    bool is_fresh(const std::string& nonce, const std::string& created);

    const Credentials user_;
    const Clock& clock_;
    std::mutex mutex_;
    std::map<std::string, SteadyTime> nonces_;
    std::map<std::string, Failures> failures_;
};

}  // namespace tplink::gateway::onvif
