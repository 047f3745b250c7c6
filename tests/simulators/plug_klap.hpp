#pragma once
// A Tapo plug since 2023: KLAP under POST /app/handshake1, /app/handshake2, /app/request.

#include <mutex>

#include "tests/simulators/plug.hpp"
#include "tests/simulators/session_list.hpp"

namespace tplink::sim {

struct PlugKlapOptions : PlugOptions {
    int version = 2; ///< 1: MD5 account hash and the older proofs
    /// How far a request's seq may jump ahead, for requests lost on the way. A repeated seq is always
    /// refused.
    std::uint32_t seq_window = 16;
    bool new_klap = false; ///< announces `new_klap`: 1, as Kasa devices with version 2
    bool one_request_sessions =
        false; ///< a second request of a session gets bytes without meaning, as "SHIP 2.0" firmware
    bool third_party_off =
        false; ///< handshake1 answers 403, as after the firmware update that shuts clients out
};

/// What both sides of a KLAP session compute from seeds and account hash.
struct KlapKeys {
    Buffer key;            ///< 16 bytes
    Buffer iv12;           ///< first 12 bytes of each IV
    Buffer sig;            ///< 28 bytes
    std::uint32_t seq = 0; ///< start value, two's complement
};
KlapKeys derive_klap_keys(Bytes local_seed, Bytes remote_seed, Bytes auth_hash);
Buffer klap_auth_hash(int version, std::string_view username, std::string_view password);
/// 32 bytes signature, then the ciphertext.
Buffer klap_seal(const KlapKeys& keys, std::uint32_t seq, Bytes plain);
/// Nothing when signature or padding is wrong.
std::optional<Buffer> klap_open(const KlapKeys& keys, std::uint32_t seq, Bytes body);

class PlugKlap : public Plug {
public:
    explicit PlugKlap(PlugKlapOptions options);
    ~PlugKlap() override { stop(); }

    std::string_view kind() const override {
        return inner_->device_type().starts_with("IOT.") ? "kasa_plug_klap" : "tapo_plug_klap";
    }
    HttpReply handle(const HttpRequest& request) override;
    void expire_sessions() override;

protected:
    boost::json::object scheme() const override;
    boost::json::object own_state() const override;
    std::size_t session_count() const override;
    void forget_everything() override;

private:
    struct Session {
        std::chrono::milliseconds ends{0};
        Buffer local_seed;
        Buffer remote_seed;
        bool proven = false; // handshake2 came
        KlapKeys keys;
        std::uint32_t last_seq = 0;
        bool used = false; // one_request_sessions: it had its request
    };
    HttpReply handshake1(const HttpRequest& request);
    HttpReply handshake2(const HttpRequest& request);
    HttpReply run_request(const HttpRequest& request);
    bool used_up(const HttpRequest& request);
    /// Takes the request's seq if it is a new one; nothing when no session fits.
    std::optional<std::pair<KlapKeys, Buffer>> open_request(const HttpRequest& request, std::uint32_t seq);

    const PlugKlapOptions klap_options_;
    const Buffer auth_hash_;
    mutable std::mutex mutex_; // guards all below
    SessionList<Session> sessions_;
    std::uint64_t repeated_seqs_ = 0;
    std::uint64_t bad_signatures_ = 0;
};

} // namespace tplink::sim
