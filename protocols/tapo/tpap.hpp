#pragma once
// TPAP: the login of firmwares since late 2025, for plugs and cameras. Pure; tpap_login.hpp carries it.
// Source: tpap.md.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/crypto_aead.hpp"
#include "protocols/base/crypto_spake2.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::tapo {

namespace json = boost::json;

inline constexpr std::size_t kTpapRandomBytes = 32;
inline constexpr std::size_t kTpapSeqBytes = 4;
inline constexpr int kTpapMaxIterations = 100000; ///< more is a trap: 100000 take some 30 ms

/// What a device says of its login before any: the `tpap` object of discovery and of sub_method discover.
struct TpapOffer {
    int tls = 0;            ///< 0 plain HTTP, 1 TLS, 2 TLS with the vendor's authority
    bool attests = false;   ///< dac
    std::vector<int> pake;  ///< passcodes it takes: 0 factory, 1 set-up code, 2 or 5 account, 3 shared token
    std::uint16_t port = 0; ///< 0: not told
    int user_hash_type = 0;
    std::string mac; ///< as told, for the factory passcode; may be empty
};
/// Reads `result` of discover. Nothing: it wants KLAP (no `tpap`, or tpap_preferred false).
std::optional<TpapOffer> read_tpap_offer(const json::object& result);

/// The forms of the user name "admin".
enum class TpapUser { md5, literal, sha256 };
std::string tpap_user(TpapUser form);

/// "userpw", "default_userpw" or "shared_token", as plugs want it for what they take.
std::string_view plug_passcode_type(const std::vector<int>& pake);

/// The answer to pake_register.
struct TpapRegistration {
    Buffer device_random;
    Buffer salt;
    Buffer device_share;
    int iterations = 0;
    int suite = 0;
    crypto::AeadKind cipher{};
    json::object extra_crypt; ///< how the password is dressed; empty: not at all
};
/// errors: malformed for missing or unbelievable values; unsupported for a suite or cipher not known.
Result<TpapRegistration> read_registration(const json::object& result);

/// The text that proves the account: `password` dressed as extra_crypt says. Without extra_crypt:
/// user/password when there is a user, else the password. mac: for one of the forms. errors: unsupported for
/// a form not known.
Result<Secret> tpap_credential(const json::object& extra_crypt, std::string_view user,
                               std::string_view password, std::string_view mac);
/// The passcode of a device bound to no account. errors: malformed when `mac` is no MAC address.
Result<Secret> factory_passcode(std::string_view mac);

/// x: scalar_bytes of the suite's curve. user_random: what pake_register carried. errors: malformed for a bad
/// share.
Result<crypto::Spake2Output> tpap_prove(const TpapRegistration& registration, const Secret& credential,
                                        Bytes user_random, Bytes x, bool short_w0);

/// Encrypts the requests of one session.
class TpapCipher {
public:
    /// hash: the suite's.
    TpapCipher(crypto::AeadKind kind, crypto::Hash hash, Bytes shared_key);

    /// seq in four bytes, then the sealed text.
    Buffer seal(std::uint32_t seq, Bytes plain);
    /// The reverse, with the seq the frame names. errors: malformed when too short or not for this session.
    Result<Buffer> open(Bytes frame);

private:
    crypto::AeadNonce nonce(std::uint32_t seq) const;

    std::optional<crypto::Aead> aead_;
    Buffer base_nonce_;
};

/// The refusal a device sends in clear in place of a frame; nothing when it is none.
std::optional<json::object> clear_refusal(std::string_view body);

} // namespace tplink::tapo
