#pragma once
// A client of the simulated video port for its own tests: strict, shares no code with the gateway's client.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/media/media_crypto.hpp"
#include "tests/simulators/media/wire.hpp"

namespace tplink::sim {

class MediaViewer {
public:
    using Headers = std::map<std::string, std::string>; ///< names as sent
    struct Part {
        Headers headers;
        std::string body;
    };

    explicit MediaViewer(std::uint16_t port);

    bool is_connected() const { return socket_.valid(); }
    bool send(std::string_view text);
    /// Up to the empty line; empty when nothing whole came in time.
    std::string read_head(std::chrono::milliseconds timeout = std::chrono::seconds{5});
    /// Exactly the next bytes; nothing when they do not come in time.
    std::optional<std::string> read_exactly(std::size_t size, std::chrono::milliseconds timeout);
    /// True when the connection ended within the time, whatever came before.
    bool sees_end(std::chrono::milliseconds timeout = std::chrono::seconds{5});

    /// Both requests and the key: the status line of the last answer.
    std::string log_in(const std::string& password, MediaHash hash, const std::string& target = "/stream");
    bool send_json(std::string_view json);
    bool ask_preview(std::string_view resolution, std::string_view audio);
    /// The next part, which must begin at once with the delimiter; nothing when it does not or does not come.
    std::optional<Part> read_part(std::chrono::milliseconds timeout = std::chrono::seconds{5});
    /// The TS packets of a part; nothing when the padding is wrong.
    std::optional<Buffer> open(const Part& part) const;

    const std::string& last_head() const { return head_; }
    std::uint64_t received() const { return received_; } ///< bytes so far

private:
    bool receive(std::chrono::steady_clock::time_point deadline);

    Fd socket_;
    Wakeup never_;
    Buffer in_;
    bool closed_ = false;
    std::uint64_t received_ = 0;
    std::string head_;
    std::optional<MediaKey> key_;
};

/// The text between `before` and `after`; empty when there is none.
std::string between(std::string_view text, std::string_view before, std::string_view after);

} // namespace tplink::sim
