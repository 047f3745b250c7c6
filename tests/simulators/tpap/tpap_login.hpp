#pragma once
// discover, pake_register, pake_share, and the sessions that follow; plugs and cameras differ in the rules.

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulators/session_list.hpp"
#include "tests/simulators/tpap/pake.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

struct TpapRules {
    std::string mac;
    std::string secret;                   ///< what PBKDF2 gets, after the extra_crypt step
    std::string passcode_type = "userpw"; ///< the only one taken
    std::vector<std::string> usernames;   ///< forms of "admin" that are taken; empty: any
    boost::json::object extra_crypt;      ///< empty: absent
    int iterations = 3000;
    bool compressed_share = false;
    ScalarForm form = ScalarForm::minimal;
    int unknown_user_code = -40209;
    int wrong_password_code = -1501;
    bool tells_attempts = false; ///< error_info beside the code, as cameras
    int max_attempts = 10;       ///< wrong passwords before -40404
    std::chrono::seconds lockout{1800};
    std::chrono::seconds session_life{86400};
    bool tells_life = false; ///< "expired" beside the stok
    std::size_t max_sessions = 2;
    std::uint32_t seq_window = 16; ///< how far a sequence number may jump ahead; a repeat is always refused
    std::function<std::string()> make_stok = {}; ///< empty: 32 hex digits
};

/// All members from any thread.
class TpapLogin {
public:
    TpapLogin(TpapRules rules, World world);

    /// Answers pake_register and pake_share: {"error_code":..,"result":{..}}.
    boost::json::object answer(const boost::json::object& params);

    struct Opened {
        std::string plain;
        RecordKeys keys;
        std::uint32_t seq;
    };
    /// A request on /stok=<stok>/ds; takes its sequence number. Nothing: no such session, repeated, or
    /// damaged.
    std::optional<Opened> open(std::string_view stok, Bytes body);

    void expire_all();
    void forget_everything(); ///< sessions, the login under way, the lockout
    std::size_t session_count() const;
    std::uint64_t attempts() const; ///< pake_share with a proof
    std::uint64_t failures() const;
    std::uint64_t repeated_seqs() const;
    std::string last_stok() const; ///< empty: nobody logged in yet

private:
    struct Session {
        std::chrono::milliseconds ends{0};
        RecordKeys keys;
        std::uint32_t next_seq = 0;
    };
    struct Login {
        PakeRecord record;
        Buffer y;
        Buffer user_random;
        Buffer dev_random;
    };
    boost::json::object begin(const boost::json::object& params);
    boost::json::object finish(const boost::json::object& params);
    boost::json::object refuse_password();

    const TpapRules rules_;
    const World world_;
    mutable std::mutex mutex_;   // guards all below
    std::optional<Login> login_; // one at a time: the next one kills it
    SessionList<Session> sessions_;
    std::chrono::milliseconds blocked_until_{0};
    int wrong_ = 0;
    std::uint64_t attempts_ = 0;
    std::uint64_t failures_ = 0;
    std::uint64_t repeated_ = 0;
    std::string last_stok_;
};

} // namespace tplink::sim
