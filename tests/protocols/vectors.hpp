#pragma once
// Known answers of tests/vectors as JSON, with short accessors for tests.

#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocols/base/bytes.hpp"

namespace tplink::test {

namespace json = boost::json;

/// tests/vectors/<name>; throws when it cannot be read: a test without its vectors must fail.
inline boost::json::value load_vectors(const std::string& name) {
    const std::ifstream file(std::string(TEST_DATA_DIR) + "/vectors/" + name);
    if (!file) throw std::runtime_error("no vectors: " + name);
    std::stringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str());
}

inline const boost::json::value& at(const boost::json::value& value, std::string_view pointer) {
    return value.at_pointer(pointer);
}

inline std::string text(const boost::json::value& value, std::string_view pointer) {
    return std::string(at(value, pointer).as_string());
}

inline Buffer hex(const boost::json::value& value, std::string_view pointer) {
    return from_hex(text(value, pointer)).value();
}

} // namespace tplink::test
