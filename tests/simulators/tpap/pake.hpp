#pragma once
// The device's side of SPAKE2+ on P-256 as newer devices use it, and the record layer keyed by it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

/// How w0 enters the transcript: plugs cut leading zeros, cameras write 32 bytes.
enum class ScalarForm { minimal, fixed };
/// Big endian without leading zeros; 00 in front when the count is odd and the top bit is set.
Buffer encode_minimal(Bytes scalar);

/// What the device keeps of a passcode.
struct PakeRecord {
    Buffer w0;       ///< 32 bytes
    Buffer verifier; ///< w1 * G, 65 bytes
};
PakeRecord make_pake_record(std::string_view secret, Bytes salt, int iterations);

struct PakeKeys {
    Buffer user_confirm; ///< what the client must show
    Buffer dev_confirm;  ///< what we show
    Buffer shared;       ///< K
};

/// Everything the transcript holds; points in 65 bytes.
struct PakeTranscript {
    Bytes user_random;
    Bytes dev_random;
    Bytes user_share;
    Bytes dev_share;
    Bytes z;
    Bytes v;
    Bytes w0;
    ScalarForm form = ScalarForm::minimal;
};
PakeKeys pake_keys(const PakeTranscript& transcript);

/// y*G + w0*N, 65 bytes. y: any 32 bytes, taken modulo the order.
Buffer pake_device_share(const PakeRecord& record, Bytes y);
/// Nothing when user_share is no point of the curve, or leads to the identity.
std::optional<PakeKeys> pake_finish(const PakeRecord& record, Bytes y, Bytes user_share, Bytes user_random,
                                    Bytes dev_random, ScalarForm form);
/// The same point in 33 bytes.
Buffer compress_point(Bytes point);

Buffer hkdf_sha256(Bytes key, Bytes salt, std::string_view info, std::size_t size);
Buffer hmac_sha256(Bytes key, Bytes data);

struct RecordKeys {
    Buffer key;  ///< 16 bytes
    Buffer base; ///< 12 bytes, the last four are replaced by the sequence number
};
RecordKeys record_keys(Bytes shared);
/// be32(seq), AES-128-CCM ciphertext, 16 bytes tag.
Buffer record_seal(const RecordKeys& keys, std::uint32_t seq, std::string_view plain);
/// `body` with its sequence number; nothing when the tag is wrong.
std::optional<std::string> record_open(const RecordKeys& keys, Bytes body);

/// What a device without an account takes: made of its MAC ("AA-BB-..").
std::string default_passcode(std::string_view mac);

} // namespace tplink::sim
