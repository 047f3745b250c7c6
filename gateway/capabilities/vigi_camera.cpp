// VIGI cameras: the same modules and fields as Tapo's in the old envelope, which the session writes (protocols/vigi/vigi.md).
// They list no components but flags, so what a module does not answer is not offered; the picture has more to set.

#include <algorithm>
#include <vector>

#include "gateway/capabilities/tables.hpp"
#include "gateway/capabilities/tapo_camera_rows.hpp"

namespace tplink::gateway {
namespace camera {
namespace {

constexpr Query kCommon{"getLdc", R"({"image":{"name":["common"]}})"};

constexpr Capability picture(std::string_view id, std::string_view name, std::string_view pointer) {
    return number(id, name, "", kCommon, "setLdc", pointer, kPercentText, kRarePercent);
}

constexpr Capability kExtras[] = {
    picture("brightness", "Picture brightness", "/image/common/luma"),
    picture("contrast", "Picture contrast", "/image/common/contrast"),
    picture("saturation", "Picture saturation", "/image/common/saturation"),
    picture("chroma", "Picture hue", "/image/common/chroma"),
    picture("sharpness", "Picture sharpness", "/image/common/sharpness"),
    picture("wide_dynamic_gain", "Wide dynamic range strength", "/image/common/wd_gain"),
    picture("exposure_gain", "Exposure gain", "/image/common/exp_gain"),
    toggle("wide_dynamic", "Wide dynamic range", "", kCommon, "setLdc", "/image/common/wide_dynamic", kRareConfig),
    toggle("dehaze", "Dehaze", "", kCommon, "setLdc", "/image/common/dehaze", kRareConfig),
    toggle("stabilizer", "Image stabilizer", "", kCommon, "setLdc", "/image/common/eis", kRareConfig),
    toggle("backlight", "Backlight compensation", "", kCommon, "setLdc", "/image/common/backlight", kRareConfig),
};
static_assert(valid(kExtras));

}  // namespace
}  // namespace camera

std::span<const Capability> vigi_camera_table() {
    static const std::vector<Capability> table = [] {
        const auto tapo = tapo_camera_table();
        std::vector<Capability> all(tapo.begin(), tapo.end());
        // What its flags do not name, the answer of the module proves.
        for (Capability& row : all)
            if (!row.query.method.empty()) row.needs = {};
        std::erase_if(all, [](const Capability& row) { return row.id == "media_encryption" || row.id == "firmware_latest"; });
        all.insert(all.end(), std::begin(camera::kExtras), std::end(camera::kExtras));
        return all;
    }();
    return table;
}

}  // namespace tplink::gateway
