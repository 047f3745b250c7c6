// What the vendor's cloud may answer, and what a state file may hold. First byte: HTTP status or the file.
#include <cstdint>
#include <cstdlib>

#include "protocols/kasa/cloud_answers.hpp"
#include "protocols/kasa/cloud_memory.hpp"
#include "protocols/kasa/cloud_request.hpp"

using namespace tplink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] == 0) {
        const auto memory = kasa::recall(text, {"a@example.com", Secret("x")}, system_random());
        if (memory.terminal.size() != 32 || memory.logins.size() > 16) std::abort();
        return 0;
    }
    const kasa::CloudReply reply = kasa::read_cloud_reply(data[0] * 4, text);
    if (const auto tokens = kasa::read_tokens(reply.result); tokens && tokens->token.empty()) std::abort();
    (void)kasa::read_mfa(reply.result);
    if (const auto server = kasa::parse_server(kasa::server_of(reply.result)); server && server->host.empty()) std::abort();
    if (kasa::read_device_list(reply.result).size() > 256) std::abort();
    (void)kasa::read_response_data(reply.result);
    return 0;
}
