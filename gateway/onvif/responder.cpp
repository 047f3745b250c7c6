#include "gateway/onvif/responder.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <thread>

#include "gateway/onvif/discovery.hpp"
#include "gateway/onvif/event_desk.hpp"
#include "gateway/onvif/http_login.hpp"
#include "gateway/web/http_server.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/net/udp.hpp"

namespace tplink::gateway::onvif {
namespace {

constexpr const char* kGroup = "239.255.255.250";
constexpr unsigned kThreads = 12;  // of one camera: 8 may wait for events
constexpr auto kListen = std::chrono::milliseconds(500);
constexpr std::size_t kCamerasMax = 256;

HttpResponse soap_reply(std::string xml, int status = 200) {
    HttpResponse response;
    response.status = status;
    response.content_type = "application/soap+xml; charset=utf-8";
    response.body = std::move(xml);
    return response;
}

/// One camera as others see it.
struct Device {
    Device(Camera first, const Clock& clock, RandomBytes& random) : camera(std::move(first)), events(clock, random) {}
    Camera snapshot() {
        const std::lock_guard lock(mutex);
        return camera;
    }
    std::mutex mutex;
    Camera camera;
    EventDesk events;
};

}  // namespace

class Responder::Impl {
public:
    Impl(ResponderOptions options, Backend& backend, const Clock& clock, RandomBytes& random)
        : options_(std::move(options)), backend_(backend), clock_(clock), random_(random), tokens_(options_.user, clock), logins_(options_.user, clock, random) {
        if (options_.discovery) open_discovery();
    }
    ~Impl() {
        if (socket_) {
            thread_.request_stop();
            socket_->cancel();
            thread_.join();
        }
        std::map<std::string, Door> doors;
        {
            const std::lock_guard lock(mutex_);
            doors.swap(doors_);
        }
        for (auto& [id, door] : doors) door.device->events.stop();
    }

    void set_camera(Camera camera) {
        const std::string id = camera.id;
        {
            const std::lock_guard lock(mutex_);
            if (const auto at = doors_.find(id); at != doors_.end()) {
                const std::lock_guard inner(at->second.device->mutex);
                at->second.device->camera = std::move(camera);
                return;
            }
            if (doors_.size() >= kCamerasMax) return;
        }
        open_door(std::move(camera));
    }

    void remove_camera(const std::string& id) {
        Door gone;
        {
            const std::lock_guard lock(mutex_);
            const auto at = doors_.find(id);
            if (at == doors_.end()) return;
            gone = std::move(at->second);
            doors_.erase(at);
        }
        announce("Bye", *gone.device, gone.server->port());
        gone.device->events.stop();
    }

    void happened(const std::string& id, const Event& event) {
        if (const auto device = find(id)) device->events.happened(event);
    }

    std::uint16_t port_of(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto at = doors_.find(id);
        return at == doors_.end() ? std::uint16_t{0} : at->second.server->port();
    }

    HttpResponse serve(const HttpRequest& request, const std::string& own);

private:
    /// Paths -> answers, on one camera's port.
    class Handler final : public HttpHandler {
    public:
        Handler(Impl& impl, std::string id) : impl_(impl), id_(std::move(id)) {}
        std::optional<HttpResponse> admit(const HttpRequest&) override { return std::nullopt; }
        HttpResponse handle(const HttpRequest& request) override { return impl_.serve(request, id_); }
        HttpResponse broken(int status) override { return soap_reply(fault("Sender", "ter:WellFormed", "This is no request that can be understood."), status); }

    private:
        Impl& impl_;
        const std::string id_;
    };
    struct Door {
        std::shared_ptr<Device> device;
        std::unique_ptr<Handler> handler;
        std::unique_ptr<HttpServer> server;  // last: its threads use the others
    };

    std::shared_ptr<Device> find(const std::string& id) const {
        const std::lock_guard lock(mutex_);
        const auto at = doors_.find(id);
        return at == doors_.end() ? nullptr : at->second.device;
    }
    void open_door(Camera camera);
    void open_discovery();
    void listen(const std::stop_token& stop);
    void answer_probe(const net::Datagram& datagram);
    void announce(std::string_view word, Device& device, std::uint16_t port);
    std::string uuid() { return "urn:uuid:" + [](const std::string& hex) { return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" + hex.substr(17, 3) + "-" + hex.substr(20, 12); }(hex_lower(random_.bytes(16))); }
    HttpResponse soap(const HttpRequest& request, Device& device, const std::string& pull_point);
    HttpResponse answered(const SoapRequest& request, const HttpRequest& http, Device& device, const std::string& pull_point);
    HttpResponse picture(const HttpRequest& request, Device& device);

    const ResponderOptions options_;
    Backend& backend_;
    const Clock& clock_;
    RandomBytes& random_;
    UsernameTokens tokens_;
    HttpLogin logins_;
    mutable std::mutex mutex_;  ///< of the two below
    std::map<std::string, Door> doors_;
    std::map<std::string, bool> refused_;  ///< whose port was taken: told once
    std::unique_ptr<net::UdpSocket> socket_;
    std::jthread thread_;
};

void Responder::Impl::open_door(Camera camera) {
    const std::string id = camera.id;
    Door door;
    door.device = std::make_shared<Device>(std::move(camera), clock_, random_);
    door.handler = std::make_unique<Handler>(*this, id);
    HttpServerOptions http;
    http.address = options_.address;
    http.port = options_.port == 0 ? std::uint16_t{0} : static_cast<std::uint16_t>(options_.port + options_.slot(id));
    http.threads_max = kThreads;
    auto server = HttpServer::start(http, *door.handler);
    if (!server) {
        bool is_news = false;
        {
            const std::lock_guard lock(mutex_);
            is_news = refused_.emplace(id, true).second;  // tried again when the camera changes, but said once
        }
        if (is_news && options_.problem) options_.problem("camera " + id + " is not offered by ONVIF: " + server.error().what);
        return;
    }
    door.server = std::move(*server);
    const auto device = door.device;
    const std::uint16_t port = door.server->port();
    {
        const std::lock_guard lock(mutex_);
        if (!doors_.try_emplace(id, std::move(door)).second) return;
    }
    announce("Hello", *device, port);
}

void Responder::Impl::open_discovery() {
    const bool loopback = options_.address.starts_with("127.");
    auto socket = net::make_multicast_socket(kGroup, options_.discovery_port, loopback ? options_.address : "");
    if (!socket) {
        if (options_.problem) options_.problem("ONVIF devices are not found by themselves: " + socket.error().what + "; they can be added by address and port");
        return;
    }
    socket_ = std::move(*socket);
    thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
}

void Responder::Impl::listen(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        const auto datagram = socket_->receive(kListen);
        if (!datagram) {
            if (datagram.error().code == Errc::cancelled) return;
            continue;
        }
        if (*datagram) answer_probe(**datagram);
    }
}

void Responder::Impl::answer_probe(const net::Datagram& datagram) {
    const auto probe = parse_probe(as_text(datagram.data));
    if (!probe) return;
    const auto own = net::local_address_towards(datagram.address);
    if (!own) return;
    std::vector<std::pair<std::shared_ptr<Device>, std::uint16_t>> all;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, door] : doors_) all.emplace_back(door.device, door.server->port());
    }
    // Listening on one address only, the others of this machine would lead nowhere.
    const std::string& host = options_.address == "0.0.0.0" ? *own : options_.address;
    for (const auto& [device, port] : all) {
        const Camera camera = device->snapshot();
        if (!matches(*probe, camera)) continue;
        const std::string xaddr = "http://" + host + ":" + std::to_string(port) + "/onvif/device_service";
        (void)socket_->send_to(as_bytes(probe_match(*probe, camera, xaddr, uuid())), datagram.address, datagram.port);
    }
}

void Responder::Impl::announce(std::string_view word, Device& device, std::uint16_t port) {
    if (!socket_ || options_.address.starts_with("127.")) return;  // tests and demo do not speak into a real network
    const auto own = net::local_address_towards(kGroup);
    if (!own) return;
    const std::string xaddr = "http://" + (options_.address == "0.0.0.0" ? *own : options_.address) + ":" + std::to_string(port) + "/onvif/device_service";
    (void)socket_->send_to(as_bytes(announcement(word, device.snapshot(), xaddr, uuid())), kGroup, options_.discovery_port);
}

// "/onvif/device_service", "/onvif/<id>/media_service", "/onvif/events/<token>", "/onvif/snapshot"
HttpResponse Responder::Impl::serve(const HttpRequest& request, const std::string& own) {
    const auto nothing = [] { return soap_reply(fault("Sender", "ter:ActionNotSupported", "There is nothing at this address."), 404); };
    std::string_view path = request.path;
    if (!path.starts_with("/onvif/")) return nothing();
    path.remove_prefix(7);
    std::string id = own;
    const std::string first(path.substr(0, path.find('/')));
    if (first != own && find(first)) id = first;
    if (path.starts_with(id + "/")) path.remove_prefix(id.size() + 1);
    const auto device = find(id);
    if (!device) return nothing();
    if (path == "snapshot") return request.is_read() ? picture(request, *device) : nothing();
    if (request.method != "POST") return nothing();
    const bool service = path == "device_service" || path == "media_service" || path == "ptz_service" || path == "event_service";
    if (!service && !path.starts_with("events/")) return nothing();
    return soap(request, *device, service ? std::string() : std::string(path.substr(7)));
}

HttpResponse Responder::Impl::soap(const HttpRequest& http, Device& device, const std::string& pull_point) {
    const auto request = parse_request(http.body);
    if (!request) return soap_reply(fault("Sender", "ter:WellFormed", request.error().what), 400);
    if (!is_public(*request) && tokens_.is_shut_for(http.peer)) return soap_reply(fault("Sender", "ter:NotAuthorized", "Too many wrong passwords from this address; wait a minute."), 400);
    if (!is_public(*request) && !tokens_.admits(*request)) tokens_.failed(http.peer);
    else return answered(*request, http, device, pull_point);
    return soap_reply(fault("Sender", "ter:NotAuthorized", "The user name or the password is wrong, or the clocks differ by more than ten minutes."), 400);
}

HttpResponse Responder::Impl::answered(const SoapRequest& request, const HttpRequest& http, Device& device, const std::string& pull_point) {
    Here here;
    here.authority = std::string(http.header("host"));
    here.rtsp_port = options_.rtsp_port;
    here.now = clock_.wall();
    Body body = device.events.answer(request, pull_point, here);
    if (!body) body = answer(request, device.snapshot(), here, backend_);
    if (!body) return soap_reply(fault("Receiver", "ter:ActionNotSupported", "This camera does not know " + request.operation + "."), 500);
    if (*body) return soap_reply(envelope(**body));
    const Error& error = body->error();
    if (error.code == Errc::refused) return soap_reply(fault("Sender", "ter:InvalidArgVal", error.what), 400);
    return soap_reply(fault("Receiver", "ter:Action", error.what), 500);
}

HttpResponse Responder::Impl::picture(const HttpRequest& request, Device& device) {
    if (!logins_.admits(request.method, request.header("authorization"))) {
        HttpResponse response;
        response.status = 401;
        response.content_type = "text/plain";
        response.body = "The user of RTSP is needed.\n";
        response.headers.emplace_back("WWW-Authenticate", logins_.digest_challenge());
        response.headers.emplace_back("WWW-Authenticate", R"(Basic realm="tplink2mqtt")");
        return response;
    }
    auto jpeg = backend_.picture(device.snapshot().id);
    HttpResponse response;
    response.status = jpeg ? 200 : 503;
    response.content_type = jpeg ? "image/jpeg" : "text/plain";
    response.body = jpeg ? std::move(*jpeg) : jpeg.error().what + "\n";
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

Responder::Responder(ResponderOptions options, Backend& backend, const Clock& clock, RandomBytes& random)
    : impl_(std::make_unique<Impl>(std::move(options), backend, clock, random)) {}
Responder::~Responder() = default;

void Responder::set_camera(Camera camera) { impl_->set_camera(std::move(camera)); }
void Responder::remove_camera(const std::string& id) { impl_->remove_camera(id); }
void Responder::happened(const std::string& id, const Event& event) { impl_->happened(id, event); }
std::uint16_t Responder::port_of(const std::string& id) const { return impl_->port_of(id); }

}  // namespace tplink::gateway::onvif
