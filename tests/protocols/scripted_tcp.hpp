#pragma once
// A TCP peer that follows a script: what the client must write, byte for byte, and what it gets.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "protocols/net/tcp_stream.hpp"

namespace tplink::test {

struct TcpStep {
    enum class Kind { expect, send, close, silence } kind;
    std::string bytes{};
};

inline TcpStep expect(std::string bytes) { return {TcpStep::Kind::expect, std::move(bytes)}; }
inline TcpStep expect(std::string_view head, std::string_view body) {
    return expect(std::string(head) + std::string(body));
}
inline TcpStep reply(std::string bytes) { return {TcpStep::Kind::send, std::move(bytes)}; }
inline TcpStep closed() { return {TcpStep::Kind::close}; }
inline TcpStep silence() { return {TcpStep::Kind::silence}; }

using TcpScript = std::deque<TcpStep>;

/// One connection. A read where a write is due is a timeout and a failure of the test; so is a step left
/// over.
class ScriptedTcp final : public net::TcpStream {
public:
    explicit ScriptedTcp(TcpScript script) : script_(std::move(script)) {
        std::erase_if(script_, [](const TcpStep& step) {
            return step.kind == TcpStep::Kind::send && step.bytes.empty();
        });
    }
    ~ScriptedTcp() override {
        for (const TcpStep& step : script_) {
            if (step.kind == TcpStep::Kind::expect) ADD_FAILURE() << "never written: " << step.bytes;
        }
    }

    Result<std::size_t> read_some(std::span<std::byte> out, std::chrono::milliseconds) override {
        if (cancelled_) return fail(Errc::cancelled, "cancelled");
        if (script_.empty() || script_.front().kind == TcpStep::Kind::silence)
            return fail(Errc::timeout, "silence");
        TcpStep& step = script_.front();
        if (step.kind == TcpStep::Kind::close) return 0U;
        if (step.kind == TcpStep::Kind::expect) {
            ADD_FAILURE() << "client reads where it should write: " << step.bytes;
            return fail(Errc::timeout, "script");
        }
        const std::size_t count = std::min(out.size(), step.bytes.size());
        std::copy_n(as_bytes(step.bytes).begin(), count, out.begin());
        step.bytes.erase(0, count);
        if (step.bytes.empty()) script_.pop_front();
        return count;
    }

    Result<void> write_all(Bytes data, std::chrono::milliseconds) override {
        if (cancelled_) return fail(Errc::cancelled, "cancelled");
        if (!script_.empty() && script_.front().kind == TcpStep::Kind::close)
            return fail(Errc::unreachable, "connection lost");
        if (!script_.empty() && script_.front().kind == TcpStep::Kind::silence)
            return fail(Errc::timeout, "nobody reads");
        if (script_.empty() || script_.front().kind != TcpStep::Kind::expect) {
            ADD_FAILURE() << "client writes unasked: " << as_text(data);
            return {};
        }
        EXPECT_EQ(as_text(data), script_.front().bytes);
        script_.pop_front();
        return {};
    }

    void cancel() override { cancelled_ = true; }

private:
    TcpScript script_;
    bool cancelled_ = false;
};

/// Hands out one scripted connection per connect(); one too many or too few fails the test.
class ScriptedConnector final : public net::TcpConnector {
public:
    explicit ScriptedConnector(std::deque<TcpScript> scripts, std::uint16_t port = 8800)
        : scripts_(std::move(scripts)), port_(port) {}
    ~ScriptedConnector() override {
        EXPECT_TRUE(scripts_.empty()) << scripts_.size() << " connections never made";
    }

    Result<std::unique_ptr<net::TcpStream>> connect(const std::string& host, std::uint16_t port,
                                                    std::chrono::milliseconds) override {
        EXPECT_EQ(host, "192.168.1.20");
        EXPECT_EQ(port, port_);
        if (scripts_.empty()) {
            ADD_FAILURE() << "one connection too many";
            return fail(Errc::unreachable, "script");
        }
        auto stream = std::make_unique<ScriptedTcp>(std::move(scripts_.front()));
        scripts_.pop_front();
        return stream;
    }
    void cancel() override {}

private:
    std::deque<TcpScript> scripts_;
    std::uint16_t port_;
};

} // namespace tplink::test
