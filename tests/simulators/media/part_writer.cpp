#include "tests/simulators/media/part_writer.hpp"

#include <algorithm>
#include <utility>

#include "tests/simulators/media/ts_mux.hpp"

namespace tplink::sim {
namespace {

constexpr std::size_t kMissingTail = 100; // of `short_part`
constexpr std::size_t kNoiseSize = 700;

void append_delimiter(Buffer& out) {
    append(out, "--");
    append(out, kDeviceBoundary);
    append(out, "\r\n");
}

void append_noise(Buffer& out) {
    std::uint32_t state = 1;
    for (std::size_t i = 0; i < kNoiseSize; ++i) {
        state = state * 1664525U + 1013904223U;
        out.push_back(static_cast<std::byte>(state >> 24U));
    }
}

/// Three packets from the middle; after the counters were stamped, so that a gap shows.
void drop_packets(Buffer& ts) {
    const std::size_t packets = ts.size() / ts::kPacketSize;
    if (packets < 6) return;
    const auto begin = ts.begin() + static_cast<std::ptrdiff_t>(packets / 2 * ts::kPacketSize);
    ts.erase(begin, begin + 3 * static_cast<std::ptrdiff_t>(ts::kPacketSize));
}

std::string length_text(PartFault fault, std::size_t size) {
    if (fault == PartFault::negative_length) return "-1";
    if (fault == PartFault::huge_length) return "4000000000";
    return std::to_string(size);
}

} // namespace

void append_json_part(Buffer& out, std::string_view json, std::string_view session) {
    append_delimiter(out);
    append(out, "Content-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) +
                    "\r\nX-If-Encrypt: 0\r\n");
    if (!session.empty()) append(out, "X-Session-Id: " + std::string(session) + "\r\n");
    append(out, "\r\n");
    append(out, json);
    append(out, "\r\n");
}

PartWriter::PartWriter(std::string session, const std::optional<MediaKey>& key)
    : session_(std::move(session)) {
    if (key) sealer_.emplace(*key);
}

void PartWriter::cut_anywhere(Buffer& ts) {
    cut_ = (cut_ + 61) % ts::kPacketSize; // every length comes up, 188 and 61 have no common divisor
    const std::size_t kept = std::min(cut_, ts.size());
    held_back_.assign(ts.end() - static_cast<std::ptrdiff_t>(kept), ts.end());
    ts.resize(ts.size() - kept);
}

/// Fills `body`; what the part's headers say about it.
std::string PartWriter::seal(Buffer& body, Bytes plain, PartFault fault) {
    if (!sealer_ || fault == PartFault::plain || fault == PartFault::plain_stays) {
        body = to_buffer(plain);
        return "X-If-Encrypt: 0\r\n";
    }
    std::string headers = "X-If-Encrypt: 1\r\n";
    if (sealer_->is_signing()) headers += "X-Nonce: " + sealer_->renew_iv() + "\r\n";
    sealer_->append_sealed(body, plain, fault == PartFault::bad_padding);
    if (fault == PartFault::truncated_cipher) body.resize(body.size() - 5);
    if (sealer_->is_signing()) headers += "X-Data-Hmac: " + sealer_->sign(body, fault == PartFault::wrong_hmac) + "\r\n";
    return headers;
}

void PartWriter::append_picture(Buffer& out, std::string_view jpeg) {
    Buffer body;
    const std::string sealed = seal(body, as_bytes(jpeg), PartFault::none);
    append_delimiter(out);
    append(out, "Content-Type: image/jpeg\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + sealed +
                    "X-Session-Id: " + session_ + "\r\n\r\n");
    append(out, body);
    append(out, "\r\n");
}

void PartWriter::append_media(Buffer& out, Buffer ts, PartFault fault, const std::string& headers) {
    if (fault == PartFault::continuity_gap) drop_packets(ts);
    if (fault == PartFault::lost_sync && !ts.empty()) ts[0] = std::byte{0};
    ts.insert(ts.begin(), held_back_.begin(), held_back_.end());
    held_back_.clear();
    if (fault == PartFault::unaligned_ts) cut_anywhere(ts);
    if (fault == PartFault::noise) append_noise(out);
    if (fault == PartFault::cut_header) {
        append_delimiter(out);
        append(out, "Content-Type: video/mp2t\r\nCont");
    }

    Buffer body;
    const std::string sealed = seal(body, ts, fault);
    Bytes sent = body;

    append_delimiter(out);
    append(out, "Content-Type: video/mp2t\r\nContent-Length: " + length_text(fault, sent.size()) +
                    "\r\n" + sealed + "X-Session-Id: " + session_ + "\r\n" + headers + "\r\n");
    if (fault == PartFault::short_part) sent = sent.first(sent.size() - std::min(sent.size(), kMissingTail));
    append(out, sent);
    append(out, "\r\n");
}

} // namespace tplink::sim
