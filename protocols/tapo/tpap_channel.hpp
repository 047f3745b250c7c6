#pragma once
// One TPAP login and the session it opens, over HTTP. Plugs and cameras differ in what they put in. Source:
// tpap.md.

#include <functional>
#include <optional>
#include <string>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/net/http_client.hpp"
#include "protocols/tapo/tpap.hpp"

namespace tplink::tapo {

/// Not thread-safe. A refused step leaves no session.
class TpapChannel {
public:
    /// Makes the device's kind of request of a path and a body; binary: frames, else JSON.
    using Dress = std::function<net::HttpRequest(std::string path, std::string body, bool binary)>;

    /// random outlives it.
    TpapChannel(Dress dress, RandomBytes& random, bool short_w0);

    /// Asks what the device takes; no attempt. errors: unsupported when it wants another login or knows no
    /// TPAP.
    Result<TpapOffer> discover(net::HttpClient& http);

    struct Registration {
        std::string user;
        std::string_view passcode_type;
        bool null_stok = false; ///< plugs get "stok":null
    };
    /// First step, without a password. A former one is void from then on, at the device too.
    /// errors: refused with code -40209 when the user name's form is not known; locked_out; as
    /// read_registration.
    Result<TpapRegistration> enroll(net::HttpClient& http, const Registration& registration);

    /// Second step: proves `credential`. A refusal counts as an attempt. attest: ask the device to prove
    /// who made it, with certificates of that time. errors: auth_failed with the device's code, locked_out, malformed.
    Result<void> share(net::HttpClient& http, const TpapRegistration& registration, const Secret& credential,
                       std::optional<WallTime> attest);

    bool open() const { return cipher_.has_value(); }
    void close() { cipher_.reset(); }
    /// Why the last session's device could not prove who made it; nothing: it could, or was not asked. SPAKE2+ has
    /// authenticated it all the same.
    const std::optional<Error>& attestation_problem() const { return attestation_problem_; }
    /// Attempts the device leaves before it locks, as its last refusal told.
    std::optional<int> attempts_left() const { return attempts_left_; }
    /// Seconds the session lasts; 0: not told.
    int lifetime_s() const { return lifetime_s_; }

    /// One request, one reply. A refusal in clear that does not end the session is given back as the reply.
    /// same_seq: the reply must bear the request's number. errors: session_expired, locked_out; as
    /// HttpClient.
    Result<std::string> exchange(net::HttpClient& http, std::string_view plain, bool same_seq);

private:
    Result<json::object> ask(net::HttpClient& http, json::object params);
    Result<void> accept(const TpapRegistration& registration, const crypto::Spake2Output& proof,
                        const json::object& result);
    void check_proof(const json::object& result, Bytes shared_key, Bytes nonce, WallTime now);
    tl::unexpected<Error> gone(const std::string& what, int code = 0);

    Dress dress_;
    RandomBytes& random_;
    bool short_w0_;
    Buffer user_random_;
    std::optional<TpapCipher> cipher_;
    Secret stok_;
    std::uint32_t seq_ = 0; ///< of the next request
    int lifetime_s_ = 0;
    std::optional<int> attempts_left_;
    std::optional<Error> attestation_problem_;
};

} // namespace tplink::tapo
