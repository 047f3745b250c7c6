#include "tests/simulators/media/kasa_stream.hpp"

#include <array>
#include <cstdio>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/connection.hpp"
#include "tests/simulators/media/clip.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kMaxHead = std::size_t{16} * 1024;
constexpr std::string_view kDelimiter = "--data-boundary--";
constexpr int kFramesPerSecond = 15;
constexpr std::size_t kAudioPerFrame = 8000 / kFramesPerSecond;

std::optional<std::string> read_head(Connection& connection) {
    std::string head;
    std::array<char, 2048> chunk{};
    while (head.find("\r\n\r\n") == std::string::npos) {
        const std::size_t got = connection.read(chunk.data(), chunk.size());
        if (got == 0 || head.size() > kMaxHead) return std::nullopt;
        head.append(chunk.data(), got);
    }
    return head;
}

/// Writes parts as the announced transfer coding wants them.
class PartSender {
public:
    PartSender(Connection& connection, KasaHead head)
        : connection_(connection), chunked_(head == KasaHead::chunked) {}

    bool send(std::string_view bytes) {
        if (!chunked_) return connection_.write(bytes);
        const std::size_t first =
            std::min<std::size_t>(bytes.size(), 700); // an end in the middle of everything
        return chunk(bytes.substr(0, first)) && (bytes.size() == first || chunk(bytes.substr(first)));
    }

private:
    bool chunk(std::string_view bytes) {
        std::array<char, 16> size{};
        const int count = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
        return connection_.write(std::string(size.data(), static_cast<std::size_t>(count)) +
                                 std::string(bytes) + "\r\n");
    }

    Connection& connection_;
    bool chunked_;
};

struct PartHead {
    std::string_view type;
    std::size_t size = 0;
    std::optional<bool> keyframe; ///< video only
    double time_s = 0;
};

std::string part_head(const PartHead& head, const KasaStreamFaults& faults) {
    const std::string end = faults.lf_only ? "\n" : "\r\n";
    std::string out = faults.blank_lines ? "\r\n\r\n" : "";
    out += std::string(kDelimiter) + end + "Content-Type: " + std::string(head.type) + end +
           "Content-Length: " + std::to_string(head.size) + end;
    if (!faults.no_timestamp) {
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), "%.3f", head.time_s);
        out += "X-Timestamp: " + std::string(time.data()) + end;
    }
    if (head.keyframe)
        out += "X-FrameType: " + std::string(*head.keyframe ? "0" : "1") + end + "X-FrameRate: 15.0" + end +
               "X-Audio: 1" + end;
    return out + end;
}

std::string status_only(std::string_view status) {
    return "HTTP/1.0 " + std::string(status) + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

std::string stream_head(KasaHead style) {
    std::string out =
        "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=data-boundary--\r\n";
    if (style == KasaHead::length) out += "Content-Length: -1\r\n";
    if (style == KasaHead::chunked) out += "Transfer-Encoding: chunked\r\n";
    return out + "\r\n";
}

TcpPortOptions port_options(const KasaStreamOptions& options) {
    TcpPortOptions out;
    out.address = options.address;
    out.port = options.port;
    out.reactor = options.reactor;
    return out;
}

} // namespace

KasaStream::KasaStream(KasaStreamOptions options)
    : options_(std::move(options)), context_(options_.tls()),
      port_(port_options(options_),
            [this](Connection& connection, const std::string&) { serve(connection); }) {}

KasaStream::~KasaStream() { port_.stop(); }

void KasaStream::start() { port_.start(); }

void KasaStream::set_available(bool available) {
    if (available)
        port_.revive(std::chrono::milliseconds(0));
    else
        port_.kill();
}

void KasaStream::set_faults(const KasaStreamFaults& faults) {
    const std::lock_guard lock(mutex_);
    faults_ = faults;
}

KasaStreamFaults KasaStream::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

KasaStreamCounters KasaStream::counters() const {
    return {.sessions_open = sessions_open_,
            .sessions_total = sessions_total_,
            .auth_failures = auth_failures_,
            .refused_off = refused_off_,
            .frames = frames_};
}

void KasaStream::serve(Connection& connection) {
    if (!connection.start_tls(context_.get())) return;
    const auto head = read_head(connection);
    if (!head) return;
    const std::string secret =
        options_.plain_password ? options_.password : base64_encode(as_bytes(options_.password));
    const std::string expected =
        "authorization: basic " + base64_encode(as_bytes(options_.username + ":" + secret));
    // The header's name is compared in any case, its value as it is.
    const std::size_t at = ascii_lower(*head).find("authorization: basic ");
    const bool fits = at != std::string::npos &&
                      head->substr(at + 21, expected.size() - 21) == expected.substr(21) &&
                      head->compare(at + expected.size(), 2, "\r\n") == 0;
    if (!head->starts_with("GET /https/stream/mixed")) {
        connection.write(status_only("404 Not Found"));
    } else if (!fits) {
        ++auth_failures_;
        connection.write(status_only("401 Unauthorized"));
    } else if (options_.camera_on && !options_.camera_on()) {
        ++refused_off_;
        connection.write(status_only("503 Service Unavailable"));
    } else if (sessions_open_.fetch_add(1) >= static_cast<std::uint64_t>(options_.max_sessions)) {
        --sessions_open_;
        connection.write(status_only("503 Service Unavailable"));
    } else {
        ++sessions_total_;
        play(connection);
        --sessions_open_;
    }
}

bool KasaStream::play(Connection& connection) {
    const auto clip = options_.clips->frames("h264_sub");
    if (!clip || !connection.write(stream_head(options_.head))) return false;
    PartSender sender(connection, options_.head);
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t number = 0;; ++number) {
        const KasaStreamFaults now = faults();
        if (options_.camera_on && !options_.camera_on()) return false;
        if (now.close_after > 0 && number >= static_cast<std::uint64_t>(now.close_after)) return false;
        if (now.stall_after > 0 && number >= static_cast<std::uint64_t>(now.stall_after)) {
            connection.wait_closed();
            return false;
        }
        const auto& frame = clip->frames[number % clip->frames.size()];
        const double time_s = 100.0 + static_cast<double>(number) / kFramesPerSecond;
        const auto part = [&](const PartHead& head, Bytes bytes) {
            return sender.send(part_head(head, now) + std::string(as_text(bytes)) + "\r\n");
        };
        if (!part({"video/x-h264", frame.bytes.size(), frame.keyframe, time_s}, frame.bytes)) return false;
        if (now.foreign_parts && number % kFramesPerSecond == 0 &&
            !part({"application/x-status", 2, {}, time_s}, as_bytes("ok")))
            return false;
        const std::size_t begin = number * kAudioPerFrame % (clip->ulaw_8k.size() - kAudioPerFrame);
        const Bytes sound = Bytes(clip->ulaw_8k).subspan(begin, kAudioPerFrame);
        if (!now.no_audio && !part({"audio/g711u", sound.size(), {}, time_s}, sound)) return false;
        ++frames_;
        const auto due = begun + std::chrono::microseconds((number + 1) * 1000000 / kFramesPerSecond);
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
        if (left.count() > 0 && !connection.wait_open(left)) return false;
    }
}

} // namespace tplink::sim
