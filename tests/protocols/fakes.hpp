#pragma once
// Time and randomness a test decides.

#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"

namespace tplink::test {

class FakeClock final : public Clock {
public:
    SteadyTime now() const override { return SteadyTime{} + 1h + passed; }
    WallTime wall() const override { return WallTime{} + std::chrono::milliseconds{1700000000000} + passed; }
    std::chrono::milliseconds passed{0};
};

/// Gives out `bytes` in order; asking for more is a failure of the test.
class FixedRandom final : public RandomBytes {
public:
    explicit FixedRandom(Buffer given) : bytes_(std::move(given)) {}
    void fill(std::span<std::byte> out) override {
        if (bytes_.size() < out.size()) {
            ADD_FAILURE() << "more random bytes asked for than given";
            bytes_.resize(out.size());
        }
        std::copy_n(bytes_.begin(), out.size(), out.begin());
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(out.size()));
    }

private:
    Buffer bytes_;
};

/// 00 01 02 ... for ever.
class CountingRandom final : public RandomBytes {
public:
    void fill(std::span<std::byte> out) override {
        for (std::byte& b : out) b = static_cast<std::byte>(next_++);
    }

private:
    unsigned char next_ = 0;
};

} // namespace tplink::test
