#pragma once
// A transport without a wire, for tests of what lies above.

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <string>
#include <vector>

#include "protocols/tapo/transport.hpp"

namespace tplink::test {

namespace json = boost::json;

/// A transport made of replies; remembers what was sent.
struct Line {
    std::deque<Result<void>> logins;
    std::deque<Result<std::string>> replies;
    std::vector<json::value> sent;
    int login_count = 0;
    bool ready = false;
};

class LineTransport final : public tapo::Transport {
public:
    LineTransport(Line& line, std::string_view name) : line_(line), name_(name) {}
    Result<void> login() override {
        ++line_.login_count;
        Result<void> done;
        if (!line_.logins.empty()) {
            done = line_.logins.front();
            line_.logins.pop_front();
        }
        line_.ready = done.has_value();
        return done;
    }
    bool ready() const override { return line_.ready; }
    Result<std::string> exchange(std::string_view plain) override {
        line_.sent.push_back(json::parse({plain.data(), plain.size()}));
        if (line_.replies.empty()) {
            ADD_FAILURE() << "extra request: " << plain;
            return fail(Errc::unreachable, "over");
        }
        auto reply = line_.replies.front();
        line_.replies.pop_front();
        if (!reply && reply.error().code == Errc::session_expired) line_.ready = false;
        return reply;
    }
    std::string_view name() const override { return name_; }
    void cancel() override {}

private:
    Line& line_;
    std::string_view name_;
};

} // namespace tplink::test
