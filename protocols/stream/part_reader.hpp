#pragma once
// Cuts an endless multipart stream into parts. Pure: bytes in, parts out.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/base/bytes.hpp"

namespace tplink::stream {

struct Part {
    std::vector<std::pair<std::string, std::string>> headers; ///< names in lower case, values trimmed
    Buffer body;

    /// Value of the first header of that lower-case name; empty when absent.
    std::string_view header(std::string_view name) const;
    /// Content-Type in lower case without parameters.
    std::string content_type() const;
};

/// The boundary a Content-Type names, quoted or not; empty when it names none (or one of absurd length).
std::string boundary_of(std::string_view content_type);

/// Feed what arrives, then take parts until there is none. A part is handed out with its last byte: nothing
/// that follows it is waited for. Whatever makes no sense is skipped up to the next delimiter.
class PartReader {
public:
    static constexpr std::size_t kMaxHead = 16U << 10; ///< bytes of one header block
    static constexpr std::size_t kMaxBody = 4U << 20;  ///< bytes of one part

    /// A delimiter line is "--" + boundary, so boundaries that begin with dashes make four.
    explicit PartReader(std::string_view boundary);

    void feed(Bytes bytes);
    std::optional<Part> next();

    /// Searches a body that turned out bad for a delimiter and goes on from there: a part shorter than it
    /// claims has swallowed the ones behind it. Only for the body of the part handed out last.
    void put_back(Bytes body);

    std::uint64_t resyncs() const { return resyncs_; }
    std::size_t buffered() const { return buffer_.size() - begin_; }

private:
    enum class State { between, searching, head, body };

    std::string_view rest() const { return as_text(Bytes(buffer_).subspan(begin_)); }
    void consume(std::size_t count);
    bool step_between();
    bool step_searching();
    bool step_head();
    void lose_sync();
    bool read_head(std::string_view block);

    std::string delimiter_;
    Buffer buffer_;
    std::size_t begin_ = 0;   ///< what lies before was consumed
    std::size_t scanned_ = 0; ///< of rest(): known to hold no end of the header block
    State state_ = State::between;
    Part part_;
    std::size_t body_size_ = 0;
    std::uint64_t resyncs_ = 0;
};

} // namespace tplink::stream
