// Tapo cameras and hubs, control port 443 (protocols/tapo/camera.md): the chapters in the order of the page.

#include "gateway/capabilities/tapo_camera_rows.hpp"

#include <vector>

#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace camera {

const json::value* at(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* result = document.if_contains(method);
    boost::system::error_code ec;
    return result == nullptr || pointer.empty() ? result : result->find_pointer(pointer, ec);
}

std::string_view text_at(const json::object& document, std::string_view method, std::string_view pointer) {
    const json::value* value = at(document, method, pointer);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

json::object nested(std::string_view pointer, json::value value) {
    const auto slash = pointer.find_last_of('/');
    json::object inner{{pointer.substr(slash + 1), std::move(value)}};
    return slash == 0 ? inner : nested(pointer.substr(0, slash), std::move(inner));
}

Request request(std::string_view method, std::string_view pointer, json::value value) {
    return {std::string(method), nested(pointer, std::move(value))};
}

}  // namespace camera

std::span<const Composite> tapo_camera_composites() {
    static constexpr Composite kComposites[] = {
        {.component = "light", .id = "spotlight", .name = "Spotlight", .power = "spotlight", .brightness = "spotlight_brightness"},
        {.component = "light", .id = "floodlight", .name = "Floodlight", .power = "floodlight", .brightness = "floodlight_brightness"},
        {.component = "update", .id = "firmware_update", .name = "Firmware", .hint = {.category = Category::config}, .installed = "firmware",
         .latest = "firmware_latest", .in_progress = "firmware_updating", .install = "firmware_install"},
    };
    return kComposites;
}

std::span<const Capability> tapo_camera_table() {
    static const std::vector<Capability> table = [] {
        std::vector<Capability> all;
        for (const auto chapter : {camera::basic_rows(), camera::event_rows(), camera::detection_rows(), camera::alarm_rows(), camera::trigger_rows(), camera::light_rows(),
                                   camera::picture_rows(), camera::motor_rows(), camera::storage_rows(), camera::battery_rows(),
                                   camera::lens_rows()})
            all.insert(all.end(), chapter.begin(), chapter.end());
        return all;
    }();
    return table;
}

}  // namespace tplink::gateway
