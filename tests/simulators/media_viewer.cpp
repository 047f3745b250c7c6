#include "tests/simulators/media_viewer.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/socket.h>

#include <memory>

namespace tplink::sim {
namespace {

constexpr std::string_view kEmptyLine = "\r\n\r\n";

Fd connect_to(std::uint16_t port) {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) return Fd();
    ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    return fd;
}

std::string request_head(const std::string& target, const std::string& extra) {
    return "POST " + target +
           " HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=--client-stream-boundary--\r\n"
           "Connection: keep-alive\r\nContent-Length: 0\r\n" +
           extra + "\r\n";
}

} // namespace

std::string between(std::string_view text, std::string_view before, std::string_view after) {
    const std::size_t begin = text.find(before);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin + before.size());
    return std::string(text.substr(0, text.find(after)));
}

MediaViewer::MediaViewer(std::uint16_t port) : socket_(connect_to(port)) {}

bool MediaViewer::send(std::string_view text) {
    const auto sent = send_some(socket_, as_bytes(text)); // requests are small: they fit the socket
    return sent && *sent == text.size();
}

bool MediaViewer::receive(std::chrono::steady_clock::time_point deadline) {
    if (closed_ || wait_for(socket_.get(), false, never_, deadline) != Wait::ready) return false;
    const std::size_t before = in_.size();
    closed_ = receive_into(in_, socket_) == Received::closed;
    received_ += in_.size() - before;
    return !closed_;
}

std::string MediaViewer::read_head(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::size_t end = 0;
    while ((end = as_text(in_).find(kEmptyLine)) == std::string_view::npos)
        if (!receive(deadline)) return {};
    return read_exactly(end + kEmptyLine.size(), timeout).value_or("");
}

std::optional<std::string> MediaViewer::read_exactly(std::size_t size, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (in_.size() < size)
        if (!receive(deadline)) return std::nullopt;
    std::string out(as_text(in_).substr(0, size));
    in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(size));
    return out;
}

bool MediaViewer::sees_end(std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (receive(deadline)) in_.clear();
    return closed_;
}

std::string MediaViewer::log_in(const std::string& password, MediaHash hash, const std::string& target) {
    const std::string secret = password_secret(password, hash);
    if (!send(request_head(target, ""))) return {};
    const std::string challenge = read_head();
    const std::string nonce = between(challenge, "nonce=\"", "\"");
    const std::string response =
        digest_response({"admin", secret, "POST", target, nonce, "00000001", "c0ffee"});
    if (!send(request_head(
            target, "Authorization: Digest username=\"admin\", realm=\"TP-Link IP-Camera\", nonce=\"" +
                        nonce + "\", uri=\"" + target +
                        "\", qop=auth, nc=00000001, cnonce=\"c0ffee\", response=\"" + response +
                        "\", opaque=\"" + between(challenge, "opaque=\"", "\"") + "\", algorithm=MD5\r\n")))
        return {};
    head_ = read_head();
    const std::string exchange = between(head_, "Key-Exchange: ", "\r\n");
    const std::string username = between(exchange, "username=\"", "\"");
    if (!exchange.empty())
        key_ = derive_media_key(between(exchange, "nonce=\"", "\""), username,
                                username == "none" ? std::string(kFactorySecret) : secret);
    return head_.substr(0, head_.find("\r\n"));
}

bool MediaViewer::send_json(std::string_view json) {
    return send("----client-stream-boundary--\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(json.size()) + "\r\n\r\n" + std::string(json) + "\r\n");
}

bool MediaViewer::ask_preview(std::string_view resolution, std::string_view audio) {
    return send_json(R"({"type":"request","seq":1,"params":{"preview":{"channels":[0],"resolutions":[")" +
                     std::string(resolution) + R"("],"audio":[")" + std::string(audio) +
                     R"("]},"method":"get"}})");
}

std::optional<MediaViewer::Part> MediaViewer::read_part(std::chrono::milliseconds timeout) {
    std::string_view head;
    const std::string block = read_head(timeout);
    head = block;
    if (!head.starts_with("----device-stream-boundary--\r\n")) return std::nullopt;
    Part part;
    head.remove_prefix(head.find("\r\n") + 2);
    while (head != "\r\n") {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        part.headers[std::string(line.substr(0, line.find(": ")))] =
            std::string(line.substr(line.find(": ") + 2));
        head.remove_prefix(line.size() + 2);
    }
    auto body = read_exactly(std::stoul(part.headers["Content-Length"]) + 2, timeout);
    if (!body || !body->ends_with("\r\n")) return std::nullopt;
    part.body = body->substr(0, body->size() - 2);
    return part;
}

std::optional<Buffer> MediaViewer::open(const Part& part) const {
    if (part.headers.at("X-If-Encrypt") == "0") return to_buffer(part.body);
    if (!key_) return std::nullopt;
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> evp(EVP_CIPHER_CTX_new(),
                                                                              EVP_CIPHER_CTX_free);
    const auto* key = reinterpret_cast<const unsigned char*>(key_->key.data());
    const auto* iv = reinterpret_cast<const unsigned char*>(key_->iv.data());
    Buffer plain(part.body.size() + 16);
    auto* out = reinterpret_cast<unsigned char*>(plain.data());
    int size = 0;
    int rest = 0;
    if (EVP_DecryptInit_ex(evp.get(), EVP_aes_128_cbc(), nullptr, key, iv) != 1 ||
        EVP_DecryptUpdate(evp.get(), out, &size, reinterpret_cast<const unsigned char*>(part.body.data()),
                          static_cast<int>(part.body.size())) != 1 ||
        EVP_DecryptFinal_ex(evp.get(), out + size, &rest) != 1)
        return std::nullopt;
    plain.resize(static_cast<std::size_t>(size + rest));
    return plain;
}

} // namespace tplink::sim
