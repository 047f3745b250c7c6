// What a camera may answer: probe, login, channel, batch, identity. First byte: which.
#include <cstdint>
#include <cstdlib>

#include "protocols/tapo/camera_envelope.hpp"
#include "protocols/tapo/camera_http.hpp"
#include "protocols/tapo/camera_identity.hpp"
#include "protocols/tapo/camera_login.hpp"
#include "protocols/tapo/camera_secure.hpp"
#include "protocols/tapo/reply.hpp"

using namespace tplink;

namespace {

Request ask(const char* method, const char* params) { return {method, *tapo::parse_object(params)}; }

void batch(const json::object& reply) {
    static const Request requests[] = {
        ask("getLensMaskConfig", R"({"lens_mask":{"name":["lens_mask_info"]}})"),
        ask("getLdc", R"({"image":{"name":["switch"]}})"),
        ask("getLdc", R"({"image":{"name":["common"]}})"),
        {"getNothing", nullptr},
    };
    std::vector<std::optional<Answer>> slots(std::size(requests));
    if (!tapo::place_responses(reply, requests, {0, 1, 2, 3}, slots)) return;
    for (std::size_t i = 0; i < slots.size(); ++i)
        if (slots[i] && slots[i]->method != requests[i].method) std::abort();
    (void)tapo::old_style_answer(requests[0], reply);
}

void identity(const json::object& reply) {
    const json::value value(reply);
    if (const auto found = tapo::identity_of_camera(value);
        found && !found->mac.empty() && found->mac.size() != 12)
        std::abort();
    if (tapo::components_of_camera(value).size() > 512) std::abort();
    (void)tapo::components_of_module_spec(value);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text = as_text(std::as_bytes(std::span(data + 1, size - 1)));
    const auto reply = tapo::parse_object(text);
    switch (data[0] % 5) {
    case 0:
        if (const auto probe = tapo::read_probe(text, "0123456789ABCDEF"))
            if (probe->generation == tapo::CameraGeneration::l3)
                (void)tapo::match_hash("password", probe->cnonce, probe->nonce, probe->device_confirm);
        break;
    case 1:
        if (!reply) break;
        if (const auto locked = tapo::lockout_of(*reply);
            locked && (locked->retry_after.count() <= 0 || locked->retry_after.count() > 86400))
            std::abort();
        (void)tapo::login_refusal(*reply);
        break;
    case 2: {
        static const tapo::SecureChannel channel("HASH", "CNONCE", "NONCE");
        if (const auto plain = channel.open(text)) (void)tapo::parse_object(*plain);
        if (tapo::is_stok(text) && tapo::stok_path(text).find_first_of(" \r\n?#") != std::string::npos)
            std::abort();
        break;
    }
    case 3:
        if (reply) batch(*reply);
        break;
    default:
        if (reply) identity(*reply);
    }
    return 0;
}
