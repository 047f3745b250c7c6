#include "tests/bench/rtsp_viewer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace tplink::bench {
namespace {

constexpr std::size_t kBufferBytes = 1U << 17; // an interleaved frame has at most 65539
constexpr std::chrono::seconds kSilence{15};   // the gateway answers within 10 s
constexpr std::chrono::seconds kKeepAlive{25}; // sessions time out after 60 s

struct Track {
    std::string media, control, encoding;
};

/// Value of the last `name` line in `text`, up to the line's end.
std::string value_of(const std::string& text, std::string_view name) {
    const auto at = text.find(name);
    if (at == std::string::npos) return {};
    const auto begin = at + name.size();
    return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
}

std::vector<Track> read_sdp(const std::string& sdp) {
    std::vector<Track> tracks;
    for (std::size_t at = sdp.find("m="); at != std::string::npos;) {
        const std::size_t next = sdp.find("\nm=", at);
        const std::string part = sdp.substr(at, next == std::string::npos ? next : next - at);
        const std::string map = value_of(part, "a=rtpmap:");
        const auto space = map.find(' ');
        tracks.push_back(
            {part.substr(2, part.find(' ') - 2), value_of(part, "a=control:"),
             space == std::string::npos ? "" : map.substr(space + 1, map.find('/') - space - 1)});
        at = next == std::string::npos ? next : next + 1;
    }
    return tracks;
}

std::string joined(const std::string& base, const std::string& control) {
    if (control.starts_with("rtsp://")) return control;
    return base + (base.ends_with('/') ? "" : "/") + control;
}

} // namespace

RtspViewer::RtspViewer(std::string url) : buffer_(kBufferBytes) { report_.url = std::move(url); }

RtspViewer::~RtspViewer() {
    if (fd_ >= 0) ::close(fd_);
}

void RtspViewer::run(bool only_keyframe) {
    begun_ = spoken_ = std::chrono::steady_clock::now();
    const bool fine = connect() && start_playing() && read_packets(only_keyframe);
    if (!fine && report_.error.empty() && !stopped_) report_.error = "the connection ended";
    if (video_) {
        report_.frames = video_->frames();
        report_.lost = video_->lost();
    }
    settled_ = true;
}

void RtspViewer::stop() {
    stopped_ = true;
    if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

double RtspViewer::since_start_ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun_).count();
}

bool RtspViewer::fail_with(const std::string& sentence) {
    report_.error = sentence;
    return false;
}

bool RtspViewer::connect() {
    const std::string host = report_.url.substr(7, report_.url.find('/', 7) - 7);
    const auto colon = host.find(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::uint16_t port = 0;
    if (colon != std::string::npos) std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
    address.sin_port = htons(port);
    if (!report_.url.starts_with("rtsp://") ||
        ::inet_pton(AF_INET, host.substr(0, colon).c_str(), &address.sin_addr) != 1)
        return fail_with("expected rtsp://ADDRESS:PORT/PATH");
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    const timeval silence{kSilence.count(), 0};
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_with("connect: " + std::string(std::strerror(errno)));
    return true;
}

bool RtspViewer::send_text(const std::string& text) {
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

bool RtspViewer::fill(std::size_t wanted) {
    if (filled_ - read_ >= wanted) return true;
    if (wanted > buffer_.size() - read_) {
        std::memmove(buffer_.data(), buffer_.data() + read_, filled_ - read_);
        filled_ -= read_;
        read_ = 0;
    }
    while (filled_ - read_ < wanted) {
        const ssize_t got = ::recv(fd_, buffer_.data() + filled_, buffer_.size() - filled_, 0);
        if (got <= 0) return false;
        filled_ += static_cast<std::size_t>(got);
    }
    return true;
}

std::string RtspViewer::ask(const std::string& method, const std::string& url, const std::string& headers) {
    const std::string session = session_.empty() ? "" : "Session: " + session_ + "\r\n";
    if (!send_text(method + " " + url + " RTSP/1.0\r\nCSeq: " + std::to_string(++sequence_) + "\r\n" +
                   session + headers + "\r\n"))
        return {};
    std::size_t end = std::string::npos;
    std::string head;
    for (std::size_t wanted = 1; end == std::string::npos; wanted = head.size() + 1) {
        if (!fill(wanted)) return {};
        head = std::string(as_text(unread()));
        end = head.find("\r\n\r\n");
    }
    std::size_t length = 0;
    const std::string length_text = value_of(head.substr(0, end), "Content-Length: ");
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (!fill(end + 4 + length)) return {};
    std::string answer(as_text(unread().first(end + 4 + length)));
    read_ += answer.size();
    if (answer.starts_with("RTSP/1.0 200")) return answer;
    report_.error = method + ": " + answer.substr(0, answer.find("\r\n"));
    return {};
}

bool RtspViewer::start_playing() {
    const std::string described = ask("DESCRIBE", report_.url, "Accept: application/sdp\r\n");
    if (described.empty()) return false;
    std::string base = value_of(described, "Content-Base: ");
    if (base.empty()) base = report_.url;
    int channel = 0;
    for (const Track& track : read_sdp(described.substr(described.find("\r\n\r\n") + 4))) {
        const std::string range = std::to_string(channel) + "-" + std::to_string(channel + 1);
        const std::string answer = ask("SETUP", joined(base, track.control),
                                       "Transport: RTP/AVP/TCP;unicast;interleaved=" + range + "\r\n");
        if (answer.empty()) return false;
        session_ = value_of(answer, "Session: ");
        session_ = session_.substr(0, session_.find(';'));
        if (track.media == "video" && channel == 0)
            video_.emplace(track.encoding == "H265" ? KeyframeWatch::Codec::h265
                                                    : KeyframeWatch::Codec::h264);
        channel += 2;
    }
    if (!video_) return fail_with("the first track is no video");
    if (ask("PLAY", base, "Range: npt=0-\r\n").empty()) return false;
    report_.answer_ms = since_start_ms();
    return true;
}

bool RtspViewer::read_packets(bool only_keyframe) {
    bool done = false;
    while (!done) {
        if (const auto now = std::chrono::steady_clock::now(); now - spoken_ > kKeepAlive) {
            spoken_ = now;
            send_text("OPTIONS " + report_.url + " RTSP/1.0\r\nCSeq: " + std::to_string(++sequence_) +
                      "\r\nSession: " + session_ + "\r\n\r\n");
        }
        if (!take_packet(only_keyframe, done)) return stopped_;
    }
    return true;
}

bool RtspViewer::take_packet(bool only_keyframe, bool& done) {
    constexpr std::size_t kFrameHead = 4; // '$', channel, length
    if (!fill(kFrameHead)) return false;
    if (unread().front() != std::byte{'$'}) { // the answer to a keep-alive
        std::size_t end = 0;
        for (std::size_t wanted = kFrameHead; end == 0; ++wanted) {
            if (!fill(wanted)) return false;
            const auto at = as_text(unread()).find("\r\n\r\n");
            if (at != std::string_view::npos) end = at + 4;
        }
        read_ += end;
        return true;
    }
    const std::size_t length =
        std::to_integer<std::size_t>(unread()[2]) << 8 | std::to_integer<std::size_t>(unread()[3]);
    if (!fill(kFrameHead + length)) return false;
    const auto channel = std::to_integer<unsigned>(unread()[1]);
    if (channel % 2 == 0) report_.bytes += length;
    if (channel == 0 && video_->feed(unread().subspan(kFrameHead, length)) && report_.keyframe_ms < 0) {
        report_.keyframe_ms = since_start_ms();
        settled_ = true;
        done = only_keyframe;
    }
    read_ += kFrameHead + length;
    return true;
}

} // namespace tplink::bench
