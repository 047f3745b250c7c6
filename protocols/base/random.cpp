#include "protocols/base/random.hpp"

#include "protocols/base/crypto.hpp"

namespace tplink {
namespace {

class SystemRandom final : public RandomBytes {
public:
    void fill(std::span<std::byte> out) override { crypto::random_bytes(out); }
};

}  // namespace

RandomBytes& system_random() {
    static SystemRandom random;
    return random;
}

}  // namespace tplink
