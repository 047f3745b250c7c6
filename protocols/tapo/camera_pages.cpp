#include "protocols/tapo/camera_pages.hpp"

#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxEntries = 256; // hubs carry 64 children

json::array* entries_of(json::value& result) {
    json::object* object = result.if_object();
    if (!object) return nullptr;
    for (auto& [key, value] : *object)
        if (value.is_array()) return &value.get_array();
    return nullptr;
}

} // namespace

std::optional<Request> next_page(const Request& request, const json::value& result) {
    const json::object* object = result.if_object();
    const auto sum = object ? find_int(*object, "sum") : std::nullopt;
    if (!sum || !object->contains("start_index") || !request.params.is_object()) return std::nullopt;
    json::value copy = result;
    const json::array* entries = entries_of(copy);
    if (!entries || entries->empty() || entries->size() >= kMaxEntries ||
        static_cast<std::size_t>(*sum > 0 ? *sum : 0) <= entries->size())
        return std::nullopt;
    Request next = request;
    for (auto& [module, fields] : next.params.get_object())
        if (fields.is_object() && fields.get_object().contains("start_index")) {
            fields.get_object()["start_index"] = entries->size();
            return next;
        }
    return std::nullopt;
}

bool append_page(json::value& list, const json::value& page) {
    json::value copy = page;
    json::array* whole = entries_of(list);
    const json::array* more = entries_of(copy);
    if (!whole || !more || more->empty()) return false;
    for (const json::value& entry : *more)
        if (whole->size() < kMaxEntries) whole->push_back(entry);
    return true;
}

} // namespace tplink::tapo
