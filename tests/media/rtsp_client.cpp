#include "tests/media/rtsp_client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace tplink::media::test {
namespace {

std::string header(const std::string& head, const std::string& name) {
    const auto at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::vector<std::string> controls(const std::string& sdp) {
    std::vector<std::string> tracks;
    for (auto at = sdp.find("m="); at != std::string::npos; at = sdp.find("m=", at + 2)) {
        const auto control = sdp.find("a=control:", at);
        if (control == std::string::npos) break;
        tracks.push_back(sdp.substr(control + 10, sdp.find("\r\n", control) - control - 10));
    }
    return tracks;
}

}  // namespace

RtspClient::RtspClient(std::uint16_t port, int receive_buffer) : port_(port), socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("no RTSP server");
}

RtspClient::~RtspClient() { close(socket_); }

bool RtspClient::fill(std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{socket_, POLLIN, 0};
    if (closed_ || left.count() < 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return false;
    char bytes[65536];
    const auto got = read(socket_, bytes, sizeof bytes);
    if (got <= 0) {
        closed_ = true;
        return false;
    }
    in_.append(bytes, static_cast<std::size_t>(got));
    return true;
}

RtspReply RtspClient::request(const std::string& method, const std::string& path, const std::string& headers,
                              std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    const std::string url = path.rfind("rtsp://", 0) == 0 ? path : "rtsp://127.0.0.1:" + std::to_string(port_) + path;
    std::string text = method + " " + url + " RTSP/1.0\r\nCSeq: " + std::to_string(++cseq_) + "\r\n" + headers;
    if (!session_.empty()) text += "Session: " + session_ + "\r\n";
    text += "\r\n";
    if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
    while (packet(std::chrono::milliseconds(0))) {}  // media that came before the answer
    while (in_.find("\r\n\r\n") == std::string::npos)
        if (!fill(deadline)) return {};
    const auto end = in_.find("\r\n\r\n");
    RtspReply reply;
    reply.head = in_.substr(0, end + 2);
    reply.code = std::atoi(reply.head.substr(9, 3).c_str());
    reply.reason = reply.head.substr(13, reply.head.find("\r\n") - 13);
    const auto length = static_cast<std::size_t>(std::atoi(header(reply.head, "Content-Length").c_str()));
    while (in_.size() < end + 4 + length)
        if (!fill(deadline)) return {};
    reply.body = in_.substr(end + 4, length);
    in_.erase(0, end + 4 + length);
    if (const auto session = header(reply.head, "Session"); !session.empty())
        session_ = session.substr(0, session.find(';'));
    return reply;
}

int RtspClient::play(const std::string& path) {
    const RtspReply description = request("DESCRIBE", path);
    if (description.code != 200) return description.code;
    int channel = 0;
    for (const std::string& track : controls(description.body)) {
        const std::string to = track.rfind("rtsp://", 0) == 0 ? track : path + "/" + track;
        const RtspReply reply = request("SETUP", to,
                                        "Transport: RTP/AVP/TCP;unicast;interleaved=" + std::to_string(channel) + "-" +
                                            std::to_string(channel + 1) + "\r\n");
        if (reply.code != 200) return reply.code;
        channel += 2;
    }
    return request("PLAY", path).code;
}

std::optional<RtpPacket> RtspClient::packet(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (in_.size() >= 4 && in_[0] == '$') {
            const auto length = static_cast<std::size_t>(static_cast<unsigned char>(in_[2])) << 8 | static_cast<unsigned char>(in_[3]);
            if (in_.size() >= 4 + length) {
                RtpPacket packet{static_cast<unsigned char>(in_[1]), in_.substr(4, length)};
                in_.erase(0, 4 + length);
                return packet;
            }
        } else if (!in_.empty() && in_[0] != '$') {
            return std::nullopt;  // an answer, not media
        }
        if (!fill(deadline)) return std::nullopt;
    }
}

void RtspClient::send_frame(unsigned channel, std::span<const std::byte> bytes) {
    std::string text = {'$', static_cast<char>(channel), static_cast<char>(bytes.size() >> 8U), static_cast<char>(bytes.size() & 0xFFU)};
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (send(socket_, text.data(), text.size(), MSG_NOSIGNAL) < 0) closed_ = true;
}

bool RtspClient::wait_keyframe(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < deadline) {
        const auto got = packet(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
        if (!got) return false;
        if (got->channel != 0 || got->bytes.size() < 14) continue;
        const auto at = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(got->bytes[i])); };
        const unsigned type = at(12) & 31;
        const bool marker = (at(1) & 0x80) != 0;
        const bool idr = type == 5 || (type == 28 && (at(13) & 31) == 5);
        if (idr && marker) return true;
    }
    return false;
}

}  // namespace tplink::media::test
