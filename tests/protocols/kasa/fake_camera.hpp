#pragma once
// A Kasa camera as its page describes it, behind a fake socket and a fake HttpClient.

#include "protocols/discovery/kasa_udp.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/kasa/camera_session.hpp"
#include "tests/protocols/kasa/fake_cloud.hpp"

namespace tplink::kasa::test {

inline const json::value& vectors() {
    static const json::value loaded = tplink::test::load_vectors("kasa_cloud.json");
    return loaded;
}

class FakeCamera {
public:
    enum class Local { works, redirects, refused_connection, silent, wrong_password, plain_error, gone_path };

    json::object fields = json::parse(vectors().at_pointer("/udp9999/replies/0/plain").as_string()).at_pointer("/system/get_sysinfo/system").as_object();
    FakeCamera() { fields["status"] = "configured"; }

    bool udp = true;
    int lost_datagrams = 0;
    Local local = Local::works;
    LinkieLogin accepts{PasswordForm::md5, true};
    Credentials account{"kasa.user@example.com", Secret("Secret-Pass%1")};
    std::map<std::string, json::object> modules = {{"motionDetect", {{"is_enable", "on"}, {"sensitivity", "medium"}}}, {"dayNight", {{"mode", "auto"}}}};
    std::vector<std::string> attempts;  ///< path and Authorization of every request
    std::string certificate = "aa55";
    std::size_t datagrams = 0, writes = 0;
    bool ignores_writes = false;
    std::function<void()> silence;  ///< time passes while nothing is answered

    /// The camera's answer to a command tree, however it came.
    json::object run(const json::object& command) {
        json::object out;
        for (const auto& [module, methods] : command) {
            if (!methods.is_object()) continue;
            for (const auto& [method, params] : methods.get_object()) {
                json::object answer = one(std::string(module), std::string(method), params.as_object());
                json::value& place = out[module];
                if (!place.is_object()) place.emplace_object();
                place.get_object()[method] = std::move(answer);
            }
        }
        return out;
    }

    SysinfoReader::OpenSocket sockets() {
        return [this]() -> Result<std::unique_ptr<net::UdpSocket>> { return std::make_unique<Udp>(*this); };
    }
    net::HttpClientFactory http() {
        return [this](const net::HttpOptions& options) -> std::unique_ptr<net::HttpClient> { return std::make_unique<Http>(*this, options); };
    }

private:
    static constexpr const char* kUnsupported = R"({"err_code":-10008,"err_msg":"Unsupported API call."})";

    json::object one(const std::string& module, const std::string& method, const json::object& params) {
        if (module == "system" && method == "get_sysinfo") return {{"err_code", 0}, {"system", fields}};
        const std::string name = module.starts_with(kCameraModules) ? module.substr(kCameraModules.size()) : module;
        const bool set = method.starts_with("set_");
        if (set) ++writes;
        if (name == "switch" || name == "led") {
            json::value& state = fields[name == "switch" ? "camera_switch" : "led_status"];
            if (set && !ignores_writes) state = params.at("value");
            return set ? json::object{{"err_code", 0}} : json::object{{"value", state}, {"err_code", 0}};
        }
        const auto known = modules.find(name);
        if (known == modules.end() || method.size() < 5 || !known->second.contains(method.substr(4))) return json::parse(kUnsupported).as_object();
        json::value& state = known->second[method.substr(4)];
        if (set && !ignores_writes) state = params.at("value");
        return set ? json::object{{"err_code", 0}} : json::object{{"value", state}, {"err_code", 0}};
    }

    class Udp final : public net::UdpSocket {
    public:
        explicit Udp(FakeCamera& camera) : camera_(camera) {}
        Result<void> send_to(Bytes data, const std::string& address, std::uint16_t port) override {
            ++camera_.datagrams;
            EXPECT_EQ(xor_decrypt(data), R"({"system":{"get_sysinfo":{}}})");
            if (!camera_.udp || camera_.lost_datagrams-- > 0) return {};
            waiting_.push_back({"10.9.9.9", port, xor_encrypt("{}")});  // somebody else's
            const json::object reply{{"system", json::object{{"get_sysinfo", json::object{{"err_code", 0}, {"system", camera_.fields}}}}}};
            waiting_.push_back({address, port, xor_encrypt(json::serialize(reply))});
            return {};
        }
        Result<std::optional<net::Datagram>> receive(std::chrono::milliseconds) override {
            if (cancelled_) return fail(Errc::cancelled, "cancelled");
            if (waiting_.empty()) return std::nullopt;
            net::Datagram first = std::move(waiting_.front());
            waiting_.pop_front();
            return first;
        }
        void cancel() override { cancelled_ = true; }

    private:
        FakeCamera& camera_;
        std::deque<net::Datagram> waiting_;
        bool cancelled_ = false;
    };

    class Http final : public net::HttpClient {
    public:
        Http(FakeCamera& camera, net::HttpOptions options) : camera_(camera), options_(std::move(options)) {}
        Result<net::HttpResponse> send(const net::HttpRequest& request) override {
            sent_ = false;
            if (camera_.local == Local::refused_connection) return fail(Errc::unreachable, "connect: refused");
            if (!options_.certificate_sha256.empty() && options_.certificate_sha256 != camera_.certificate)
                return fail(Errc::certificate_changed, "TLS: another certificate");
            sent_ = true;
            return camera_.answer(request);
        }
        void cancel() override {}
        bool sent() const override { return sent_; }
        std::string certificate_sha256() const override { return camera_.certificate; }

    private:
        FakeCamera& camera_;
        const net::HttpOptions options_;
        bool sent_ = false;
    };

    Result<net::HttpResponse> answer(const net::HttpRequest& request) {
        std::string authorization;
        std::string agent;
        for (const auto& [name, value] : request.headers) {
            if (name == "Authorization") authorization = value;
            if (name == "User-Agent") agent = value;
        }
        EXPECT_TRUE(agent.starts_with("Kasa/")) << "a request without it is not answered";
        attempts.push_back(request.path + " " + authorization);
        switch (local) {
        case Local::redirects: return net::HttpResponse{302, {{"Location", "https://10.0.0.9:4444/"}}, ""};
        case Local::silent:
            if (silence) silence();
            return fail(Errc::timeout, "no answer in time");
        case Local::plain_error: return net::HttpResponse{200, {}, std::string(vectors().at_pointer("/linkie/plain_json_error/body").as_string())};
        case Local::wrong_password: return net::HttpResponse{401, {}, ""};
        default: break;
        }
        const bool path = request.path == (accepts.second ? "/data/LINKIE2.json" : "/data/LINKIE.json");
        if (local == Local::gone_path || !path) return net::HttpResponse{404, {}, ""};
        if (authorization != linkie_authorization(accepts.form, account)) return net::HttpResponse{401, {}, ""};
        const auto cipher = base64_decode(url_decode(request.body.substr(8)));
        const json::object command = json::parse(xor_decrypt(cipher.value())).as_object();
        return net::HttpResponse{200, {}, base64_encode(xor_encrypt(json::serialize(run(command))))};
    }
};

/// A camera, its session, and a cloud that reaches the same camera.
struct CameraRig {
    FakeCamera camera;
    Rig cloud;
    ControlMode mode = ControlMode::automatic;
    Session::Facts known;
    std::unique_ptr<CameraSession> session;

    explicit CameraRig(bool cloud_allowed = false) : cloud(cloud_allowed) {
        cloud.guard.allow(cloud_allowed, "the cloud is off: set cloud.enabled: true to allow it");
        cloud.cloud.device = [this](const json::object& command) { return camera.run(command); };
    }

    CameraSession& open() {
        CameraOptions options;
        options.control = {"10.0.0.9", 10443, camera.account, mode, known};
        CameraDeps deps{{camera.http(), cloud.clock, [this] { return std::shared_ptr<CloudAccount>(std::shared_ptr<void>(), cloud.account.get()); },
                         [this](std::chrono::milliseconds time, std::stop_token) {
                             cloud.clock.passed += time;
                             return true;
                         }},
                        camera.sockets()};
        session = std::make_unique<CameraSession>(std::move(options), std::move(deps));
        EXPECT_TRUE(session->identify());
        return *session;
    }

    static Request set(const std::string& method, const char* value) { return {method, json::object{{"value", value}}}; }
    std::vector<Answer> ask(std::vector<std::string> methods) {
        std::vector<Request> requests;
        for (auto& method : methods) requests.push_back({std::move(method), nullptr});
        auto answers = session->query(requests);
        EXPECT_TRUE(answers) << (answers ? "" : answers.error().what);
        return answers ? *answers : std::vector<Answer>{};
    }
};

}  // namespace tplink::kasa::test
