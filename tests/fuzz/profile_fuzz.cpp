// A profile as a user, or something that ate his disk, may have written it.
#include <cstdint>
#include <cstdlib>

#include "gateway/capabilities/profiles.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tplink::gateway;
    std::vector<ConfigFault> faults;
    const auto profiles = Profiles::parse({reinterpret_cast<const char*>(data), size}, "fuzz.yaml", faults);
    for (const ConfigFault& fault : faults)
        if (fault.text().find('\n') != std::string::npos) std::abort();
    const Table table = profiles->table(Family::tapo_camera, "C1");
    for (const Capability& row : table.rows)
        if (row.id.empty() || row.name.empty()) std::abort();
    return 0;
}
