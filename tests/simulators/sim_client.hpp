#pragma once
// The least of a client the simulators' own tests need: it posts bytes. Knows no session.

#include <httplib.h>

#include <memory>
#include <string>

namespace tplink::sim {

struct Posted {
    int status = 0; ///< 0: no reply
    std::string body;
    std::string cookie; ///< value of TP_SESSIONID, attributes cut off
};

class SimClient {
public:
    SimClient(const std::string& address, int port, bool tls = false) {
        const std::string url = (tls ? "https://" : "http://") + address + ":" + std::to_string(port);
        client_ = std::make_unique<httplib::Client>(url);
        client_->enable_server_certificate_verification(false);
        client_->set_keep_alive(true);
        client_->set_url_encode(false);
        client_->set_tcp_nodelay(true);
        set_timeout(5000);
    }
    void set_timeout(int ms) {
        client_->set_read_timeout(ms / 1000, ms % 1000 * 1000);
        client_->set_connection_timeout(ms / 1000, ms % 1000 * 1000);
    }
    Posted post(const std::string& target, const std::string& body, httplib::Headers headers = {}) {
        const auto result = client_->Post(target, headers, body, "application/json");
        if (!result) return {};
        Posted out{result->status, result->body, {}};
        const std::string cookie = result->get_header_value("Set-Cookie");
        if (const auto mark = cookie.find('='); mark != std::string::npos)
            out.cookie = cookie.substr(mark + 1, cookie.find(';') - mark - 1);
        return out;
    }

private:
    std::unique_ptr<httplib::Client> client_;
};

} // namespace tplink::sim
