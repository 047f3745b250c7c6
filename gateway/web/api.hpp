#pragma once
// Paths -> answers. Everything of contract section 6 that needs no socket.

#include <atomic>
#include <memory>

#include "gateway/web/gatekeeper.hpp"
#include "gateway/web/http_server.hpp"

namespace tplink::gateway {

class WebBackend;

struct ApiOptions {
    std::chrono::milliseconds heartbeat{15000};
    unsigned event_readers_max = 32;
};

/// Thread-safe.
class Api final : public HttpHandler {
public:
    Api(ApiOptions options, Gatekeeper& gatekeeper, WebBackend& backend);

    std::optional<HttpResponse> admit(const HttpRequest& request) override;
    HttpResponse handle(const HttpRequest& request) override;
    HttpResponse broken(int status) override;

private:
    HttpResponse route(const HttpRequest& request);
    HttpResponse sign_in(const HttpRequest& request);
    HttpResponse session(const HttpRequest& request);
    HttpResponse route_api(const HttpRequest& request, const std::vector<std::string>& parts);
    HttpResponse device(const HttpRequest& request, const std::string& id);
    HttpResponse route_device(const HttpRequest& request, const std::string& id,
                              const std::vector<std::string>& rest);
    HttpResponse ask(const std::string& what, const HttpRequest& request);
    HttpResponse diagnostics();
    HttpResponse set(const HttpRequest& request, const std::string& id);
    HttpResponse snapshot(const HttpRequest& request, const std::string& id);
    HttpResponse whep(const HttpRequest& request, const std::string& id, const std::vector<std::string>& rest);
    HttpResponse live(const HttpRequest& request, const std::string& id, bool mjpeg);
    HttpResponse recordings(const HttpRequest& request, const std::string& id, const std::vector<std::string>& rest);
    HttpResponse talk(const HttpRequest& request, const std::string& id);
    HttpResponse whep_open(const HttpRequest& request, const std::string& id);
    HttpResponse whep_session(const HttpRequest& request, const std::string& session);
    HttpResponse events(const HttpRequest& request);

    const ApiOptions options_;
    Gatekeeper& gatekeeper_;
    WebBackend& backend_;
    std::shared_ptr<std::atomic<unsigned>> event_readers_;
};

} // namespace tplink::gateway
