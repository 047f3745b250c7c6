// Any bytes as a SOAP request, a probe, a duration and an Authorization header: nothing thrown, limits kept, nobody let in.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "gateway/onvif/discovery.hpp"
#include "gateway/onvif/event_desk.hpp"
#include "gateway/onvif/http_login.hpp"

using namespace tplink;
using namespace tplink::gateway::onvif;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

class NoBackend final : public Backend {
public:
    Result<std::string> picture(const std::string&) override { return fail(Errc::unreachable, "none"); }
    Result<void> set(const std::string&, const std::string&, const std::string&) override { return {}; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string input(reinterpret_cast<const char*>(data), size);
    static const Credentials user{"viewer", Secret("no such password in a corpus")};
    const Camera camera{"a842a1001122", "Hall & <co>", "C200", "1.0", "2.0", "a842a1001122", {{"main"}, {"sub"}}, {"ptz_left"}, {"Door"}};
    if (const auto request = parse_request(input)) {
        require(!request->operation.empty() && request->nodes.size() <= 500);
        UsernameTokens tokens(user, system_clock());
        require(!tokens.admits(*request));
        NoBackend backend;
        const Here here{"127.0.0.1:8746", 8654, {}};
        if (const auto body = answer(*request, camera, here, backend); body && *body) require(parse_request(envelope(**body)).has_value());
        EventDesk desk(system_clock(), system_random());
        desk.stop();  // nobody waits here
        (void)desk.answer(*request, "token", here);
    }
    if (const auto probe = parse_probe(input); probe && matches(*probe, camera))
        require(parse_request(probe_match(*probe, camera, "http://127.0.0.1:8746/onvif/device_service", "urn:uuid:1")).has_value());
    if (const auto time = parse_duration(input)) require(time->count() >= 0);
    HttpLogin login(user, system_clock(), system_random());
    require(!login.admits("GET", input));
    return 0;
}
