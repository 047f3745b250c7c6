// What a Kasa camera may answer: port 10443 (first byte 0: 200, 1: 401, 2: 302) and UDP 9999 (else).
#include <cstdint>
#include <cstdlib>

#include "protocols/kasa/linkie.hpp"
#include "protocols/kasa/sysinfo.hpp"

using namespace tplink;

namespace {

void pick(const json::object& tree) {
    for (const char* method : {"set_is_enable", "get_is_enable"}) {
        const auto answer = kasa::pick_answer(tree, "smartlife.cam.ipcamera.switch", method);
        if (answer && answer->is_object() && answer->get_object().contains("err_code")) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    if (data[0] < 3) {
        static constexpr int kStatus[] = {200, 401, 302};
        const auto tree = kasa::read_linkie({kStatus[data[0]], {}, std::string(text)});
        if (tree && data[0] != 0) std::abort();
        if (tree) pick(*tree);
        return 0;
    }
    auto fields = kasa::read_sysinfo(as_bytes(text));
    if (!fields) return 0;
    if (fields->contains("latitude")) std::abort();
    if (const auto identity = kasa::identity_of(*fields); identity && identity->mac.size() != 12) std::abort();
    kasa::MotionWatch watch;
    watch.mark(*fields);
    watch.mark(*fields);
    return 0;
}
