#include "protocols/stream/talk_session.hpp"

#include <algorithm>

#include "protocols/stream/kasa_source.hpp"
#include "protocols/stream/media_session.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto kGrantTimeout = 10s;
constexpr std::size_t kPacket = 188;
constexpr std::string_view kMpegTs = "audio/mp2t";

/// A packet of a table; the tail is zero, as the cameras know it from other senders.
Buffer table_packet(std::string_view hex) {
    Buffer packet = from_hex(hex).value_or(Buffer{});
    packet.resize(kPacket);
    return packet;
}

/// "0010 ppp1 ...": 33 bits of a 90 kHz clock with marker bits.
void append_pts(Buffer& out, std::uint64_t pts) {
    const auto byte = [&](std::uint64_t value) { out.push_back(static_cast<std::byte>(value & 0xFFU)); };
    byte(0x21U | (pts >> 30U & 7U) << 1U);
    byte(pts >> 22U);
    byte(pts >> 14U | 1U);
    byte(pts >> 7U);
    byte(pts << 1U | 1U);
}

class TapoTalk final : public TalkSession {
public:
    TapoTalk(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector, RandomBytes& random)
        : endpoint_(endpoint), connector_(std::move(connector)), random_(random) {}

    ~TapoTalk() override {
        if (!session_ || !granted_) return;
        // An open talk blocks the app ("line is busy") and hums.
        [[maybe_unused]] const auto best_effort =
            session_->send(stop_request(session_->next_seq()), {{"X-Session-Id", session_->session_id()}});
    }

    Result<void> open() override {
        if (auto done = start(); !done)
            return fail_in("talk " + endpoint_.host + ":" + std::to_string(endpoint_.port), std::move(done).error());
        return {};
    }

    Result<void> send(Bytes frame) override { return session_->send_media(talk_packet(frame, frames_++), kMpegTs); }

    Result<void> listen_until(std::chrono::steady_clock::time_point until) override {
        while (std::chrono::steady_clock::now() < until) {
            TRY_VOID(session_->listen_until(until));
            while (const auto part = TRY(session_->next())) {
                if (part->content_type != "application/json") continue;
                auto message = read_message(as_text(part->plain));
                if (!message && message.error().code != Errc::malformed) return tl::unexpected(std::move(message).error());
            }
        }
        return {};
    }

    void cancel() override { connector_->cancel(); }

private:
    Result<void> start() {
        session_ = TRY(MediaSession::open(endpoint_, *connector_, random_));
        TRY_VOID(session_->send(talk_request(session_->next_seq())));
        TRY_VOID(session_->wait_for_grant(std::chrono::steady_clock::now() + kGrantTimeout,
                                          "the camera does not answer the request to talk"));
        granted_ = true;
        return session_->send_media(talk_tables(), kMpegTs);
    }

    const MediaEndpoint endpoint_;
    std::unique_ptr<net::TcpConnector> connector_;
    RandomBytes& random_;
    std::unique_ptr<MediaSession> session_;
    std::uint64_t frames_ = 0;
    bool granted_ = false;
};

} // namespace

// PAT: program 1 on PID 0x1000. PMT: one stream of type 0x90 (A-law) on PID 0x0100, no PCR.
Buffer talk_tables() {
    Buffer tables = table_packet("474000100000b00d0001c100000001f0002ab104b2");
    append(tables, table_packet("475000100002b0120001c10000fffff00090e100f0005631e8cd"));
    return tables;
}

Buffer talk_packet(Bytes frame, std::uint64_t index) {
    constexpr std::uint64_t kTicksPerFrame = 1800; // 20 ms at 90 kHz; the cameras do not look at it
    Buffer packet = from_hex("47410030").value_or(Buffer{});
    packet[3] |= static_cast<std::byte>(index & 0x0FU);
    const std::size_t payload = 14 + frame.size();        // PES header and samples
    const std::size_t field = kPacket - 4 - 1 - payload;  // adaptation field behind its length
    packet.push_back(static_cast<std::byte>(field));
    packet.resize(packet.size() + field);
    append(packet, *from_hex("000001c0"));
    const auto length = static_cast<std::uint16_t>(8 + frame.size());
    packet.push_back(static_cast<std::byte>(length >> 8U));
    packet.push_back(static_cast<std::byte>(length & 0xFFU));
    append(packet, *from_hex("808005"));
    append_pts(packet, index * kTicksPerFrame);
    append(packet, frame);
    return packet;
}

std::unique_ptr<TalkSession> make_talk_session(const MediaEndpoint& endpoint, std::unique_ptr<net::TcpConnector> connector,
                                               RandomBytes& random) {
    if (endpoint.scheme == Scheme::kasa) return make_kasa_talk(endpoint, net::make_tls_connector(), random);
    return std::make_unique<TapoTalk>(endpoint, std::move(connector), random);
}

} // namespace tplink::stream
