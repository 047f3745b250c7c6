#pragma once
// Reading what devices answer: JSON with codes that may be missing, nested or written as text.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink::tapo {

namespace json = boost::json;

/// How the memory of a parsed reply is taken.
enum class Room {
    apart, ///< each part by itself: may be kept, and handed to other threads
    block, ///< all of it as one block, which lives as long as any part: for what is read and thrown away by one thread
};

/// One JSON object. errors: malformed for anything else, or nesting deeper than 32.
Result<json::object> parse_object(std::string_view text, Room room = Room::apart);

/// The member as object; nullptr when absent or of another type.
const json::object* find_object(const json::object& object, std::string_view key);
/// The member as array; nullptr likewise.
const json::array* find_array(const json::object& object, std::string_view key);
/// The member as text; empty when absent or of another type. Lives as long as `object`.
std::string_view find_text(const json::object& object, std::string_view key);
/// The texts of a list, or a single text as a list of one; others are left out. At most 32.
std::vector<std::string> find_texts(const json::object& object, std::string_view key);
/// A whole number, also when written as text ("-40401"); nothing when absent, of another type or too large.
std::optional<int> find_int(const json::object& object, std::string_view key);

/// error_code of a reply or of one entry of a batch; 0 when absent (hubs leave it out on success).
inline int error_code(const json::object& reply) { return find_int(reply, "error_code").value_or(0); }

} // namespace tplink::tapo
