#pragma once
// What a simulated camera does wrong on its video port, by option or while it runs.

#include <chrono>
#include <optional>
#include <string_view>

namespace tplink::sim {

/// Done to media parts. Those marked (stays) last until the plan changes; the others strike one part.
enum class PartFault {
    none,
    short_part,       ///< body 100 bytes shorter than its Content-Length, then the next part
    cut_header,       ///< the header breaks off and a new part begins
    bad_padding,      ///< decrypts to a last byte of 0, which PKCS#7 does not know
    reset,            ///< TCP reset in the middle of a part
    close,            ///< orderly end of the connection between two parts
    noise,            ///< 700 bytes without meaning between two parts
    stall,            ///< (stays) no byte more, TCP stays open
    negative_length,  ///< Content-Length: -1
    huge_length,      ///< Content-Length: 4000000000
    plain,            ///< X-If-Encrypt: 0 and a body that is plain
    plain_stays,      ///< (stays) the same from here on
    unaligned_ts,     ///< (stays) parts are cut at any byte, not at packets
    continuity_gap,   ///< 3 TS packets are missing
    lost_sync,        ///< the first sync byte of a part destroyed
    broken_crc,       ///< (stays) PAT and PMT with a wrong CRC
    wrong_hmac,       ///< HKDF sessions: the signature is of something else
    pts_jump,         ///< (stays) every stamp from here on is a day later
    no_pts,           ///< a picture without a stamp
    truncated_cipher, ///< ciphertext whose length is no multiple of 16
};

/// "none", "short_part", ... as spelled above; nothing for another word.
std::optional<PartFault> parse_part_fault(std::string_view name);
std::string_view to_string(PartFault fault);

struct MediaFaults {
    // While the session opens.
    std::chrono::milliseconds head_delay{0};       ///< before the first byte of each response head
    std::chrono::milliseconds first_part_delay{0}; ///< between the reply to `preview` and the first part
    bool glued_status = false;                     ///< "HTTP ERROR 401HTTP/1.0 200 OK"
    bool quoted_boundary = false;                  ///< boundary="..." in quotes, after "; "
    bool unbalanced_boundary = false;              ///< boundary="... without the closing quote
    bool closes_after_401 = false;                 ///< honours its own `Connection: close`
    bool split_reply = false; ///< reply to `preview` and first part in two writes; the default is one
    bool dribble = false;     ///< writes of at most 1000 bytes

    // In the stream: strikes once `after_parts` parts went out, on each connection; with `repeat` after each
    // further `after_parts` parts too.
    PartFault part = PartFault::none;
    int after_parts = 0;
    bool repeat = false;
    bool only_running = false; ///< connections that are made later are good, whatever `part` and `bytes_per_s` say

    int bytes_per_s = 0; ///< a network that carries no more than that; 0: no limit
};

} // namespace tplink::sim
