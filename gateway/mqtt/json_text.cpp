#include "gateway/mqtt/json_text.hpp"

#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "protocols/base/utf8.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

// Boost.JSON writes doubles in exponent form, "5.52E1" for 55.2: legal, but it is what people see in their broker.
std::string plain_double(double number) {
    if (!std::isfinite(number)) return "null";
    constexpr int kDigits = 12;  // enough for any meter, few enough to hide 0.1 + 0.2
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general, kDigits);
    return {text.data(), end.ptr};
}

void write(const json::value& value, std::string& out) {
    if (const auto* object = value.if_object()) {
        char separator = '{';
        if (object->empty()) out += separator;
        for (const auto& [key, member] : *object) {
            out += separator;
            out += json::serialize(json::value(json::string(key)));
            out += ':';
            write(member, out);
            separator = ',';
        }
        out += '}';
    } else if (const auto* array = value.if_array()) {
        char separator = '[';
        if (array->empty()) out += separator;
        for (const auto& element : *array) {
            out += separator;
            write(element, out);
            separator = ',';
        }
        out += ']';
    } else if (const auto* number = value.if_double()) {
        out += plain_double(*number);
    } else {
        out += json::serialize(value);
    }
}

std::string replace_invalid(std::string text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto length = utf8_length(std::string_view(text).substr(i));
        if (length == 0) text[i] = '?';
        i += length == 0 ? 1 : length;
    }
    return text;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void whole_numbers(json::value& value) {
    if (auto* object = value.if_object()) {
        for (auto& member : *object) whole_numbers(member.value());
    } else if (auto* array = value.if_array()) {
        for (auto& element : *array) whole_numbers(element);
    } else if (const auto* number = value.if_double()) {
        constexpr double kExact = 9007199254740992.0;  // 2^53: beyond it a double does not know its last digit
        if (std::isfinite(*number) && std::trunc(*number) == *number && std::fabs(*number) < kExact)
            value = static_cast<std::int64_t>(*number);
    }
}

std::string to_text(json::value value) {
    whole_numbers(value);
    std::string out;
    write(value, out);
    return replace_invalid(std::move(out));
}

}  // namespace tplink::gateway
