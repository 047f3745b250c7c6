#pragma once
// Looking into requests whose shape is not sure.

#include <boost/json.hpp>
#include <string>
#include <string_view>

namespace tplink::sim {

inline std::string text_or(const boost::json::object& object, std::string_view key,
                           std::string_view otherwise) {
    const boost::json::value* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string(otherwise);
}

/// object.outer.inner; nullptr when one of them is not there.
inline const boost::json::value* member(const boost::json::object& object, std::string_view outer,
                                        std::string_view inner) {
    const boost::json::value* found = object.if_contains(outer);
    return found && found->is_object() ? found->get_object().if_contains(inner) : nullptr;
}

} // namespace tplink::sim
