#pragma once
// Fixed randomness and hand-made requests for tests that call a device without a network.

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/simulators/http_server.hpp"
#include "tests/simulators/world.hpp"

namespace tplink::sim {

/// The machine's clocks; random() hands out the given buffers in order, then zeros.
inline World scripted_world(std::vector<Buffer> randoms) {
    World world = real_world();
    world.random = [queue = std::make_shared<std::vector<Buffer>>(std::move(randoms))](std::size_t count) {
        if (queue->empty()) return Buffer(count);
        Buffer next = queue->front();
        queue->erase(queue->begin());
        EXPECT_EQ(next.size(), count);
        return next;
    };
    return world;
}

inline HttpRequest post(std::string target, std::string body,
                        std::vector<std::pair<std::string, std::string>> headers = {}) {
    HttpRequest request{.method = "POST",
                        .target = std::move(target),
                        .headers = std::move(headers),
                        .body = std::move(body),
                        .peer = {}};
    request.headers.emplace_back("Content-Length", std::to_string(request.body.size()));
    return request;
}

} // namespace tplink::sim
