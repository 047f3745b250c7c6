#pragma once
// Known answers for the simulators' own tests.

#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

inline boost::json::value load_vectors(const std::string& file) {
    std::ifstream in(std::string(TEST_DATA_DIR) + "/vectors/" + file);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (text.empty()) throw std::runtime_error("no vectors in " + file);
    return boost::json::parse(text);
}

inline std::string text(const boost::json::value& value) { return std::string(value.as_string()); }
inline Buffer hex(const boost::json::value& value) { return from_hex(text(value)).value(); }

} // namespace tplink::sim
