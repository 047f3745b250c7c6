#include "tests/simulators/camera.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/sockets.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

CameraFacts facts_of(const CameraOptions& options) {
    CameraFacts facts = options.camera;
    facts.address = options.address;
    facts.mac = options.mac;
    facts.alias = options.alias;
    return facts;
}

std::shared_ptr<const TlsIdentity> identity_of(const CameraOptions& options) {
    if (options.identity) return options.identity;
    // Cameras without forward secrecy are the ones with 1024-bit keys.
    return std::make_shared<TlsIdentity>(options.suites == TlsSuites::static_rsa_only ? 1024 : 2048);
}

std::shared_ptr<CameraInside> inside_of(const CameraOptions& options) {
    if (options.make_inside) return options.make_inside(options);
    return std::make_shared<CameraModel>(facts_of(options), options.world);
}

std::unique_ptr<OnvifService> onvif_of(const CameraOptions& options) {
    if (!options.onvif) return nullptr;
    OnvifOptions out = *options.onvif;
    out.address = options.address;
    out.clock_skew_s = options.camera.clock_skew_s;
    return std::make_unique<OnvifService>(std::move(out), options.world);
}

/// The stok of "/stok=<stok>/ds", as sent; empty when it is another path.
std::string_view stok_in(std::string_view target) {
    constexpr std::string_view kBegin = "/stok=";
    constexpr std::string_view kEnd = "/ds";
    if (!target.starts_with(kBegin) || !target.ends_with(kEnd)) return {};
    target.remove_prefix(kBegin.size());
    target.remove_suffix(kEnd.size());
    return target;
}

} // namespace

std::int64_t Lockout::seconds_left() const {
    if (!locked_) return 0;
    return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(until_ - world_.now()).count());
}

void Lockout::wrong_password() {
    if (++used_ < max_) return;
    locked_ = true;
    until_ = world_.now() + time_;
    used_ = 0;
}

void Lockout::clear() {
    used_ = 0;
    locked_ = false;
}

Camera::Camera(const CameraOptions& options)
    : Device(options), lockout_(options.max_attempts, options.lockout, options.world),
      camera_options_(options), identity_(identity_of(options)), model_(inside_of(options)),
      onvif_(onvif_of(options)) {
    model_->set_event_hook([this](const CameraEvent& event) { on_event(event); });
}

std::vector<std::unique_ptr<Port>> Camera::make_side_ports() {
    std::vector<std::unique_ptr<Port>> out;
    if (!onvif_) return out;
    HttpServerOptions http;
    http.address = options().address;
    http.port = onvif_->options().port;
    http.reactor = options().reactor;
    out.push_back(open_onvif_port(*onvif_, std::move(http), onvif_faults_)); // started twice does no harm
    return out;
}

std::uint16_t Camera::onvif_port() const { return onvif_ ? onvif_->options().port : std::uint16_t{0}; }

void Camera::on_event(const CameraEvent& event) {
    if (sleeper()) sleeper()->touch("event");
    if (onvif_) onvif_->happen(event);
    if (event.kind != "ring" || !event.active || camera_options_.ring_port == 0 || !alive()) return;
    const int fd = bind_udp(options().address, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(camera_options_.ring_port);
    inet_pton(AF_INET, camera_options_.ring_address.c_str(), &to.sin_addr);
    const Buffer payload = world().random(48); // nobody knows what stands in it
    ::sendto(fd, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    ::close(fd);
    ++presses_sent_;
}

Result<void> Camera::set_state(const json::object& changes) {
    json::object rest = changes;
    const json::value* events = changes.if_contains("onvif");
    if (events && (!onvif_ || !events->is_object()))
        return fail(Errc::refused, "onvif: there is none, or not an object");
    if (events) TRY_VOID(onvif_->set_state(events->get_object()));
    rest.erase("onvif");
    if (const json::value* card = changes.if_contains("card")) {
        if (!card_ || !card->is_string()) return fail(Errc::refused, "card: there is none, or not a word");
        if (*card == "forget_users") card_->forget_users();
        card_->set_present(*card != "taken_out");
        rest.erase("card");
        if (rest.empty()) return {};
    }
    return model_->set_state(rest);
}

HttpReply Camera::handle(const HttpRequest& request) {
    if (request.method != "POST") return {.body = "<html></html>", .content_type = "text/html"};
    if (const std::string_view stok = stok_in(request.target); !stok.empty())
        return on_channel(stok, request);
    if (request.target != "/") return {.status = 404, .content_type = "text/html"};
    boost::system::error_code error;
    const json::value parsed = json::parse(request.body, error);
    const json::object* body = error ? nullptr : parsed.if_object();
    const json::string* method = body ? text_at(*body, "method") : nullptr;
    const json::value* params = body ? body->if_contains("params") : nullptr;
    const std::lock_guard lock(mutex_);
    if (const std::int64_t left = lockout_.seconds_left(); left > 0) {
        ++requests_while_locked_;
        return json_reply(locked_reply(left));
    }
    if (!method || *method != "login" || !params || !params->is_object())
        return json_reply({{"error_code", -40210}});
    return log_in(params->get_object());
}

json::object Camera::run_inner(const json::object& request, HttpReply& reply) {
    ++requests_;
    json::object answer = model_->answer(request);
    if (model_->take_reboot())
        reply.then = [this] {
            model_->power_cycle();
            reboot();
        };
    return answer;
}

void Camera::forget_everything() {
    const std::lock_guard lock(mutex_);
    lockout_.clear();
    clear_sessions();
    if (onvif_) (void)onvif_->set_state({{"forget_subscriptions", true}});
}

json::object Camera::announcement(const std::string& rsa_key) const {
    const CameraIdentity facts = model_->identity();
    json::object secret{{"connect_ssid", "Demo network"},
                        {"connect_type", facts.wired ? "wired" : "wireless"},
                        {"device_id", facts.device_id},
                        {"http_port", port()},
                        {"owner", hex_upper(md5(as_bytes(options().username)))}};
    const json::object hints = model_->hints();
    for (const auto& [key, value] : hints) secret[key] = value;
    json::object wrapped{{"sym_schm", "AES"}, {"key", ""}, {"data", ""}};
    if (const auto key = RsaPublicKey::from_pem(rsa_key)) {
        const Buffer key_iv = world().random(32);
        const auto sealed = key->encrypt(key_iv, camera_options_.pkcs1_announcement ? RsaPadding::pkcs1
                                                                                    : RsaPadding::oaep_sha1);
        if (sealed) {
            wrapped["key"] = base64_encode(*sealed);
            wrapped["data"] = base64_encode(aes_cbc_encrypt(
                Bytes(key_iv).first(16), Bytes(key_iv).subspan(16), as_bytes(json::serialize(secret))));
        }
    }
    json::object out{{"device_id", hex_upper(md5(as_bytes(facts.device_id)))},
                     {"device_type", facts.device_type},
                     {"device_model", facts.model},
                     {"device_name", options().alias},
                     {"ip", options().address},
                     {"mac", options().mac},
                     {"hardware_version", facts.hw_version},
                     {"firmware_version", facts.sw_version},
                     {"factory_default", false},
                     {"is_support_iot_cloud", true},
                     {"protocol_version", 1},
                     {"encrypt_type", encrypt_type()},
                     {"mgt_encrypt_schm", json::object{{"is_support_https", true}}},
                     {"encrypt_info", wrapped}};
    const json::object more = more_announcement();
    for (const auto& [key, value] : more) out[key] = value;
    return out;
}

std::function<bool()> Camera::privacy_hook() {
    if (sleeper()) // a viewer keeps the camera awake
        return [this] {
            sleeper()->touch("viewer");
            return model_->privacy_on();
        };
    return [model = model_] { return model->privacy_on(); };
}

void Camera::set_card(std::shared_ptr<Card> card) {
    model_->set_card(card);
    card_ = std::move(card);
}

void Camera::set_media_port(std::uint16_t port) {
    media_port_ = port;
    model_->set_media_port(port);
}

void Camera::set_media_state(std::function<json::object()> media_state) {
    media_state_ = std::move(media_state);
}

json::object Camera::own_state() const {
    json::object out = model_->state();
    out["model"] = model_->identity().model;
    out["media_port"] = media_port_.load();
    out["requests_while_locked"] = requests_while_locked_.load();
    if (media_state_) out["media"] = media_state_();
    if (onvif_) out["onvif"] = onvif_->state();
    if (card_) out["card"] = card_->state();
    out["presses_sent"] = presses_sent_.load();
    const std::lock_guard lock(mutex_);
    out["open_sessions"] = session_count();
    out["attempts_used"] = lockout_.used();
    out["locked_s"] = lockout_.seconds_left();
    return out;
}

HttpReply json_reply(const json::object& body, int status) {
    return {.status = status, .body = json::serialize(body)};
}

const json::string* text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

} // namespace tplink::sim
