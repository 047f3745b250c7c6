#pragma once
// A device made of a script: each step names the request that must come and the reply it gets.

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/net/http_client.hpp"

namespace tplink::test {

struct Step {
    std::string path;
    std::optional<std::string> body; ///< compared byte for byte; nothing: any
    Result<net::HttpResponse> reply = net::HttpResponse{200, {}, ""};
    std::vector<net::Header> headers; ///< must be among the request's; an empty value: must be absent
    std::function<net::HttpResponse(const net::HttpRequest&)> answer; ///< instead of `reply`
};

inline net::HttpResponse ok(std::string body, std::vector<net::Header> headers = {}) {
    return {200, std::move(headers), std::move(body)};
}
inline net::HttpResponse status(int code, std::string body = "") { return {code, {}, std::move(body)}; }

/// Shared by all clients it makes; reports extra requests at once and unused steps at its end.
class Script {
public:
    explicit Script(std::vector<Step> steps) : steps_(steps.begin(), steps.end()) {}
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        for (const Step& step : steps_)
            ADD_FAILURE() << "request never sent: " << step.path << " " << step.body.value_or("");
    }

    void add(Step step) { steps_.push_back(std::move(step)); }
    std::size_t left() const { return steps_.size(); }
    std::vector<net::HttpOptions> opened; ///< options of every client made by factory()

    std::unique_ptr<net::HttpClient> client() { return std::make_unique<Client>(*this); }
    net::HttpClientFactory factory() {
        return [this](const net::HttpOptions& options) {
            opened.push_back(options);
            return client();
        };
    }

private:
    class Client final : public net::HttpClient {
    public:
        explicit Client(Script& script) : script_(script) {}
        Result<net::HttpResponse> send(const net::HttpRequest& request) override {
            if (cancelled_) return fail(Errc::cancelled, "cancelled");
            return script_.play(request);
        }
        void cancel() override { cancelled_ = true; }
        std::string certificate_sha256() const override { return "aa55"; }

    private:
        Script& script_;
        bool cancelled_ = false;
    };

    Result<net::HttpResponse> play(const net::HttpRequest& request) {
        if (steps_.empty()) {
            ADD_FAILURE() << "extra request: " << request.path << " " << request.body;
            return fail(Errc::unreachable, "script is over");
        }
        const Step step = std::move(steps_.front());
        steps_.pop_front();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, step.path);
        if (step.body) {
            EXPECT_EQ(request.body, *step.body);
        }
        for (const auto& [name, value] : step.headers) {
            std::string sent;
            for (const auto& [other, text] : request.headers)
                if (other == name) sent = text;
            EXPECT_EQ(sent, value) << "header " << name;
        }
        if (step.answer) return step.answer(request);
        return step.reply;
    }

    std::deque<Step> steps_;
};

} // namespace tplink::test
