#include "protocols/vigi/quoting.hpp"

#include "protocols/base/bytes.hpp"

namespace tplink::vigi {
namespace {

template <class Change> json::value walk(const json::value& value, const Change& change) {
    if (const json::string* text = value.if_string())
        return json::value(json::string(change({text->data(), text->size()})));
    if (const json::array* list = value.if_array()) {
        json::array out;
        out.reserve(list->size());
        for (const json::value& entry : *list) out.push_back(walk(entry, change));
        return out;
    }
    if (const json::object* object = value.if_object()) {
        json::object out;
        out.reserve(object->size());
        for (const auto& [key, entry] : *object) out.emplace(key, walk(entry, change));
        return out;
    }
    return value;
}

} // namespace

json::value quoted(const json::value& plain) {
    return walk(plain, [](std::string_view text) { return url_encode(text); });
}

json::value unquoted(const json::value& value) {
    return walk(value, [](std::string_view text) { return url_decode(text); });
}

} // namespace tplink::vigi
