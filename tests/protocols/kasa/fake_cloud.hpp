#pragma once
// The cloud as its clients' page describes it, behind an HttpClient: no sockets, time as the test wants it.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <functional>
#include <map>

#include "protocols/kasa/cloud_account.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::kasa::test {

namespace json = boost::json;

/// What the cloud is asked, taken apart.
struct Asked {
    std::string host, path, token;
    json::object body;
};

/// Answers by path from scripts; what is not scripted gets the usual good answer.
class FakeCloud {
public:
    using Reply = Result<net::HttpResponse>;

    std::vector<Asked> asked;
    std::map<std::string, std::deque<Reply>> script;  ///< by path; used up one by one
    std::function<void()> on_request;
    std::function<json::object(const json::object&)> device;  ///< the camera behind the passthrough; none: says yes
    std::string token = "T1", refresh_token = "R1";
    bool reachable = true;
    std::uint64_t connects = 0;

    net::HttpClientFactory factory() {
        return [this](const net::HttpOptions& options) -> std::unique_ptr<net::HttpClient> {
            opened.push_back(options);
            return std::make_unique<Client>(*this, options);
        };
    }
    std::vector<net::HttpOptions> opened;

    std::size_t count(std::string_view path) const {
        return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](const Asked& each) { return each.path == path; }));
    }
    std::size_t logins() const { return count("/api/v2/account/login"); }

    static Reply ok(const std::string& body) { return net::HttpResponse{200, {}, body}; }
    static Reply code(int number) { return ok(R"({"error_code":)" + std::to_string(number) + R"(,"msg":"x"})"); }
    static Reply status(int number, std::string body = "<html>") { return net::HttpResponse{number, {}, std::move(body)}; }
    std::string login_answer() const {
        return R"({"error_code":0,"result":{"token":")" + token + R"(","refreshToken":")" + refresh_token +
               R"(","appServerUrl":"https://n-use1-wap.i.tplinkcloud.com"}})";
    }

private:
    class Client final : public net::HttpClient {
    public:
        Client(FakeCloud& cloud, net::HttpOptions options) : cloud_(cloud), options_(std::move(options)) {}
        Result<net::HttpResponse> send(const net::HttpRequest& request) override {
            sent_ = false;
            ++cloud_.connects;
            if (cloud_.on_request) cloud_.on_request();
            if (!cloud_.reachable) return fail(Errc::unreachable, "connect: no route");
            sent_ = true;
            return cloud_.answer(options_.host, request);
        }
        void cancel() override {}
        bool sent() const override { return sent_; }
        std::string certificate_sha256() const override { return ""; }

    private:
        FakeCloud& cloud_;
        const net::HttpOptions options_;
        bool sent_ = false;
    };

    Reply answer(const std::string& host, const net::HttpRequest& request) {
        Asked one;
        one.host = host;
        const auto mark = request.path.find('?');
        one.path = request.path.substr(0, mark);
        const std::string query = request.path.substr(mark + 1);
        if (query.starts_with("token=")) one.token = query.substr(6, query.find('&') - 6);
        one.body = json::parse(request.body).as_object();
        check_signature(request, one.path);
        asked.push_back(one);
        if (auto& lines = script[one.path]; !lines.empty()) {
            const Reply reply = lines.front();
            lines.pop_front();
            return reply;
        }
        if (one.path == "/api/v2/account/login" || one.path == "/api/v2/account/refreshToken" || one.path == "/api/v2/account/checkMFACodeAndLogin")
            return ok(login_answer());
        if (one.path.ends_with("TerminalMFA")) return ok(R"({"error_code":0,"result":{}})");
        if (one.token != token) return code(-20651);
        if (device) return pass(one.body);
        return ok(R"({"error_code":0,"result":{"responseData":"{\"smartlife.cam.ipcamera.switch\":{\"set_is_enable\":{\"err_code\":0}}}"}})");
    }

    Reply pass(const json::object& body) {
        const json::object& params = body.contains("params") ? body.at("params").as_object() : body;
        const json::object command = json::parse(params.at("requestData").as_string()).as_object();
        return ok(json::serialize(json::object{{"error_code", 0}, {"result", json::object{{"responseData", json::serialize(device(command))}}}}));
    }

    static void check_signature(const net::HttpRequest& request, const std::string& path) {
        std::string md5;
        std::string authorization;
        for (const auto& [name, value] : request.headers) {
            if (name == "Content-MD5") md5 = value;
            if (name == "X-Authorization") authorization = value;
        }
        EXPECT_EQ(md5, content_md5(request.body));
        const std::string nonce = authorization.substr(authorization.find("Nonce=") + 6, 36);
        const AppKey key = authorization.find(tapo_app_key().access_key) != std::string::npos ? tapo_app_key() : kasa_app_key();
        EXPECT_NE(authorization.find("Signature=" + signature(request.body, nonce, path, key)), std::string::npos);
    }
};

/// An account on a fake cloud, whose waits move the clock instead of taking time.
struct Rig {
    tplink::test::FakeClock clock;
    tplink::test::CountingRandom random;
    FakeCloud cloud;
    net::EgressGuard guard{clock, cloud.factory()};
    std::string saved;
    CloudOptions options{{"kasa.user@example.com", Secret("Secret-Pass%1")}, "", "", default_cloud_keys()};
    std::unique_ptr<CloudAccount> account;
    std::stop_source stop;

    explicit Rig(bool allowed = true) {
        guard.allow(allowed, "the cloud is off: set cloud.enabled");
        start();
    }

    /// As after a restart of the program: only what was saved remains.
    void start() {
        account = std::make_unique<CloudAccount>(
            options, CloudDeps{guard, clock, random, [this] { return saved; }, [this](const std::string& text) { saved = text; }, {},
                               [this](std::chrono::milliseconds time, std::stop_token) {
                                   clock.passed += time;
                                   return true;
                               }});
    }

    static json::object off() { return json::parse(R"({"smartlife.cam.ipcamera.switch":{"set_is_enable":{"value":"off"}}})").as_object(); }
    static json::object ask() { return json::parse(R"({"smartlife.cam.ipcamera.switch":{"get_is_enable":{}}})").as_object(); }
    Result<json::object> write() { return account->passthrough("8006AA", off(), CloudUrgency::command, stop.get_token()); }
    Result<json::object> read(CloudUrgency urgency = CloudUrgency::command) { return account->passthrough("8006AA", ask(), urgency, stop.get_token()); }
    CloudState state() const { return account->status().state; }
    auto& passthroughs() { return cloud.script["/api/v2/common/passthrough"]; }
    auto& logins() { return cloud.script["/api/v2/account/login"]; }
};

}  // namespace tplink::kasa::test
