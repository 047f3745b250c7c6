// Replies of a KLAP device: the frame of a request, and everything its handshake may answer.
#include <cstdint>
#include <cstdlib>

#include "protocols/base/clock.hpp"
#include "protocols/base/random.hpp"
#include "protocols/tapo/klap_transport.hpp"

using namespace tplink;

namespace {

class SameBytes final : public RandomBytes {
public:
    void fill(std::span<std::byte> out) override { std::fill(out.begin(), out.end(), std::byte{7}); }
};

/// Answers everything with the same status, cookie and body.
class Parrot final : public net::HttpClient {
public:
    explicit Parrot(net::HttpResponse reply) : reply_(std::move(reply)) {}
    Result<net::HttpResponse> send(const net::HttpRequest& request) override {
        for (const auto& [name, value] : request.headers)
            if (value.find_first_of("\r\n") != std::string::npos) std::abort();
        return reply_;
    }
    void cancel() override {}
    std::string certificate_sha256() const override { return ""; }

private:
    net::HttpResponse reply_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes = std::as_bytes(std::span(data, size));
    const Buffer seed(16, std::byte{1});
    tapo::KlapCipher cipher(seed, seed, seed);
    if (cipher.open(5, bytes)) std::abort(); // nobody finds the signature by chance
    const Buffer sealed = cipher.seal(5, bytes);
    const auto opened = cipher.open(5, sealed);
    if (!opened || !std::equal(opened->begin(), opened->end(), bytes.begin(), bytes.end())) std::abort();

    const std::size_t cut = std::min<std::size_t>(size, size > 0 ? data[0] : 0);
    net::HttpResponse reply{200,
                            {{"Set-Cookie", std::string(as_text(bytes.first(cut)))}},
                            std::string(as_text(bytes.subspan(cut)))};
    SameBytes random;
    tapo::KlapTransport transport(std::make_unique<Parrot>(std::move(reply)), {"user", Secret("password")},
                                  random, system_clock());
    if (transport.login() && transport.exchange("{}")) std::abort();
    return 0;
}
