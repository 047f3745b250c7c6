#include "tests/simulators/kasa/kasa_camera.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "tests/simulators/connection.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/kasa/chunked_reader.hpp"
#include "tests/simulators/udp_port.hpp"
#include "tests/simulators/xor_cipher.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kContent = "content=";

KasaCameraFacts facts_of(const KasaCameraOptions& options) {
    KasaCameraFacts facts = options.camera;
    facts.mac = options.mac;
    facts.alias = options.alias;
    return facts;
}

std::string md5_hex(std::string_view text) { return hex_lower(md5(as_bytes(text))); }

std::string basic(const std::string& user, const std::string& secret) {
    return "Basic " + base64_encode(as_bytes(user + ":" + secret));
}

} // namespace

KasaCamera::KasaCamera(KasaCameraOptions options)
    : Device(options), kasa_options_(options),
      identity_(options.identity ? options.identity : std::make_shared<TlsIdentity>(1024)),
      model_(std::make_shared<KasaCameraModel>(facts_of(options), options.world)) {}

bool KasaCamera::credentials_fit(const HttpRequest& request) const {
    const std::string* sent = request.header("Authorization");
    const std::string& user = options().username;
    const std::string& password = options().password;
    if (!sent) return false;
    switch (kasa_options_.secret) {
    case KasaSecret::md5: return *sent == basic(user, md5_hex(password));
    case KasaSecret::base64: return *sent == basic(user, base64_encode(as_bytes(password)));
    case KasaSecret::plain: return *sent == basic(user, password);
    case KasaSecret::admin_md5: return *sent == basic("admin", md5_hex(password));
    }
    return false;
}

HttpReply KasaCamera::handle(const HttpRequest& request) {
    if (kasa_options_.linkie == Linkie::redirect) {
        HttpReply reply{.status = 302, .content_type = "text/html", .close = true};
        reply.headers.emplace_back("Location", "https://" + options().address + ":4444/");
        return reply;
    }
    const std::string* agent = request.header("User-Agent");
    if (kasa_options_.needs_user_agent && (!agent || !agent->starts_with("Kasa/"))) return {.drop = true};
    if (request.method != "POST" ||
        request.path() != (kasa_options_.older_path ? "/data/LINKIE.json" : "/data/LINKIE2.json"))
        return {.status = 404, .content_type = "text/html"};
    ++login_attempts_;
    if (!credentials_fit(request)) {
        ++login_failures_;
        if (kasa_options_.linkie == Linkie::wrong_silent) return {.drop = true};
        if (kasa_options_.linkie == Linkie::wrong_401) {
            HttpReply reply{.status = 401, .content_type = "text/html"};
            reply.headers.emplace_back("WWW-Authenticate", "Basic realm=\"smarthome@tp-link.com\"");
            return reply;
        }
        return {.body = R"({"err_code":-10007,"err_msg":"Unauthorized Error"})"};
    }
    std::string_view body = request.body;
    if (!body.starts_with(kContent)) return {.body = R"({"err_code":-40602,"err_msg":"other error"})"};
    const auto cipher = base64_decode(url_decode(body.substr(kContent.size())));
    boost::system::error_code error;
    const json::value inner = cipher ? json::parse(xor_decrypt(*cipher), error) : json::value();
    if (error || !inner.is_object()) return {.body = R"({"err_code":-40602,"err_msg":"other error"})"};
    ++requests_;
    HttpReply reply{.content_type = "text/html"};
    reply.body = base64_encode(xor_encrypt(json::serialize(model_->answer(inner.get_object()))));
    if (model_->take_reboot()) reply.then = [this] { reboot(); };
    return reply;
}

std::unique_ptr<Port> KasaCamera::make_control_port(std::function<void()> on_revived) {
    if (kasa_options_.linkie != Linkie::closed) return Device::make_control_port(std::move(on_revived));
    // Without port 10443 the camera is there as long as its UDP port is.
    return std::make_unique<UdpPort>(options().address, kasa_options_.udp_port, options().reactor,
                                     [this](Bytes datagram) -> std::optional<Buffer> {
                                         const auto answer = model_->answer_datagram(xor_decrypt(datagram));
                                         return answer ? std::optional(xor_encrypt(*answer)) : std::nullopt;
                                     });
}

std::vector<std::unique_ptr<Port>> KasaCamera::make_side_ports() {
    std::vector<std::unique_ptr<Port>> out;
    if (kasa_options_.linkie != Linkie::closed)
        out.push_back(
            std::make_unique<UdpPort>(options().address, kasa_options_.udp_port, options().reactor,
                                      [this](Bytes datagram) -> std::optional<Buffer> {
                                          const auto answer = model_->answer_datagram(xor_decrypt(datagram));
                                          return answer ? std::optional(xor_encrypt(*answer)) : std::nullopt;
                                      }));
    TcpPortOptions talk;
    talk.address = options().address;
    talk.port = kasa_options_.talk_port;
    talk.reactor = options().reactor;
    out.push_back(std::make_unique<TcpPort>(
        talk, [this](Connection& connection, const std::string&) { serve_talk(connection); }));
    return out;
}

/// Takes u-law parts until the client ends; answers nothing but a refusal.
void KasaCamera::serve_talk(Connection& connection) {
    if (!connection.start_tls(tls().get())) return;
    const std::string expected = basic(options().username, md5_hex(options().password));
    ChunkedReader reader(connection);
    const auto head = reader.read_head();
    if (!head || !head->starts_with("POST /https/speaker/audio/g711block")) return;
    if (head->find("Authorization: " + expected + "\r\n") == std::string::npos) {
        ++talks_refused_;
        connection.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    ++talks_total_;
    while (const auto part = reader.read_part("--audio-boundary--")) {
        ++talk_parts_;
        talk_bytes_ += *part;
    }
}

std::uint16_t KasaCamera::udp_port() const {
    if (side_ports().empty()) return 0;
    return kasa_options_.linkie == Linkie::closed ? port() : side_ports().front()->number();
}

std::uint16_t KasaCamera::talk_port() const {
    return side_ports().empty() ? std::uint16_t{0} : side_ports().back()->number();
}

std::optional<json::object> KasaCamera::through_the_cloud(const json::object& request) {
    if (!alive()) return std::nullopt;
    ++through_cloud_;
    json::object answer = model_->answer(request);
    if (model_->take_reboot()) reboot();
    return answer;
}

json::object KasaCamera::own_state() const {
    json::object out = model_->state();
    out["talks_total"] = talks_total_.load();
    out["talks_refused"] = talks_refused_.load();
    out["talk_parts"] = talk_parts_.load();
    out["talk_bytes"] = talk_bytes_.load();
    out["through_cloud"] = through_cloud_.load();
    return out;
}

} // namespace tplink::sim
