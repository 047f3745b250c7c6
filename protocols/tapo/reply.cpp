#include "protocols/tapo/reply.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <charconv>

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxTexts = 32;

const json::value* find(const json::object& object, std::string_view key) {
    return object.if_contains({key.data(), key.size()});
}

std::optional<int> to_int(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace

Result<json::object> parse_object(std::string_view text, Room room) {
    boost::system::error_code error;
    json::storage_ptr memory;
    // Members and their names take about twice what they take as text.
    if (room == Room::block) memory = json::make_shared_resource<json::monotonic_resource>(2 * text.size());
    json::value value = json::parse({text.data(), text.size()}, error, std::move(memory));
    if (error) return fail(Errc::malformed, "reply is no JSON");
    if (!value.is_object()) return fail(Errc::malformed, "reply is no JSON object");
    return std::move(value.get_object());
}

const json::object* find_object(const json::object& object, std::string_view key) {
    const json::value* value = find(object, key);
    return value ? value->if_object() : nullptr;
}

const json::array* find_array(const json::object& object, std::string_view key) {
    const json::value* value = find(object, key);
    return value ? value->if_array() : nullptr;
}

std::string_view find_text(const json::object& object, std::string_view key) {
    const json::value* value = find(object, key);
    const json::string* text = value ? value->if_string() : nullptr;
    return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::vector<std::string> find_texts(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    const json::value* value = find(object, key);
    if (value && value->is_string()) texts.emplace_back(value->get_string());
    const json::array* list = value ? value->if_array() : nullptr;
    if (!list) return texts;
    for (const json::value& entry : *list)
        if (entry.is_string() && texts.size() < kMaxTexts) texts.emplace_back(entry.get_string());
    return texts;
}

std::optional<int> find_int(const json::object& object, std::string_view key) {
    const json::value* value = find(object, key);
    if (!value) return std::nullopt;
    if (const json::string* text = value->if_string()) return to_int({text->data(), text->size()});
    boost::system::error_code error;
    const int number = value->to_number<int>(error);
    if (error) return std::nullopt;
    return number;
}

} // namespace tplink::tapo
