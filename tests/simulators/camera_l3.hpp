#pragma once
// A Tapo camera with the secure login (encrypt_type 3): securePassthrough with AES-CBC, Seq and Tapo_tag.

#include "tests/simulators/camera.hpp"
#include "tests/simulators/session_list.hpp"

namespace tplink::sim {

struct CameraL3Options : CameraOptions {
    PasswordHash hash = PasswordHash::sha256;
    /// get/set/do and single methods are answered in clear text, as some firmware does.
    bool plain_single_replies = true;
    bool plain_ended_reply =
        false; ///< ended session: HTTP 200 {"error_code":ended_code}; else HTTP 500, still encrypted
    int ended_code = -40401;       ///< also seen: -1, 9999, -40413
    std::uint32_t seq_window = 16; ///< how far Seq may jump ahead; a repeated one is always refused
};

/// What both sides of an L3 session compute.
struct L3Keys {
    Buffer lsk;
    Buffer ivb;
    std::string tag_seed;
};
std::string l3_device_confirm(std::string_view hash, std::string_view cnonce, std::string_view nonce);
std::string l3_digest_passwd(std::string_view hash, std::string_view cnonce, std::string_view nonce);
L3Keys derive_l3_keys(std::string_view hash, std::string_view cnonce, std::string_view nonce);
/// Of the body exactly as sent.
std::string l3_tag(const L3Keys& keys, std::string_view body, std::int64_t seq);

class CameraL3 final : public Camera {
public:
    explicit CameraL3(CameraL3Options options);
    ~CameraL3() override { stop(); }

    std::string_view kind() const override { return "tapo_camera_l3"; }
    void expire_sessions() override;

protected:
    boost::json::array encrypt_type() const override { return {"3"}; }
    HttpReply log_in(const boost::json::object& params) override;
    HttpReply on_channel(std::string_view stok, const HttpRequest& request) override;
    void clear_sessions() override;
    std::size_t session_count() const override { return sessions_.count(world().now()); }
    boost::json::object locked_reply(std::int64_t seconds_left) const override;
    boost::json::object own_state() const override;

private:
    struct Session {
        std::chrono::milliseconds ends{0};
        L3Keys keys;
        std::int64_t next_seq = 0;
    };
    struct Probe {
        std::string cnonce;
        std::string nonce;
    };
    HttpReply answer_probe(const std::string& cnonce);
    HttpReply answer_digest(const std::string& cnonce, std::string_view digest);
    HttpReply encrypted(const L3Keys& keys, std::int64_t seq, const boost::json::object& inner,
                        int status) const;
    /// The session this request belongs to, its Seq taken; else the reply that refuses it.
    tl::expected<Session, HttpReply> admit(std::string_view stok, const HttpRequest& request,
                                           std::int64_t seq);

    const CameraL3Options l3_options_;
    const std::string hash_;        // upper hex of the account password
    SessionList<Session> sessions_; // guarded by Camera::mutex_, as all below
    std::deque<Probe> probes_;      // nonces handed out, each good for one login
    std::uint64_t probes_answered_ = 0;
    std::uint64_t l1_logins_seen_ = 0; // a client that hands us an unsalted MD5 although we ask for L3
    std::uint64_t bad_tags_ = 0;
    std::uint64_t repeated_seqs_ = 0;
};

} // namespace tplink::sim
