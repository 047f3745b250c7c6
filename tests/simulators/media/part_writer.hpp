#pragma once
// Writes the camera's parts: delimiter, headers, body; sealed when the session has a key; broken when a fault
// says so.

#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/media_crypto.hpp"
#include "tests/simulators/media/media_faults.hpp"

namespace tplink::sim {

inline constexpr std::string_view kDeviceBoundary = "--device-stream-boundary--";

/// `session`: for X-Session-Id; empty: none.
void append_json_part(Buffer& out, std::string_view json, std::string_view session);

class PartWriter {
public:
    /// Without a key all parts are plain.
    PartWriter(std::string session, const std::optional<MediaKey>& key);

    /// `ts`: whole packets, but with `unaligned_ts` a piece of them waits for the next part.
    /// `stall`, `reset`, `close` are the connection's to do: the part is written whole.
    /// headers: whole lines of a recording's part.
    void append_media(Buffer& out, Buffer ts, PartFault fault, const std::string& headers = {});
    /// One picture, sealed as media is.
    void append_picture(Buffer& out, std::string_view jpeg);

private:
    void cut_anywhere(Buffer& ts);
    std::string seal(Buffer& body, Bytes plain, PartFault fault);

    std::string session_;
    std::optional<PartSealer> sealer_;
    Buffer held_back_;
    std::size_t cut_ = 0;
};

} // namespace tplink::sim
