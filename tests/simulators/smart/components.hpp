#pragma once
// What a simulated SMART device says it can do, and what its settings are before anybody changed them.

#include <boost/json/object.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace tplink::sim {

struct PlugFacts;

std::vector<std::pair<std::string_view, int>> smart_components(const PlugFacts& facts, bool is_socket);
boost::json::object first_default_states(const PlugFacts& facts);
boost::json::object first_gradually(const PlugFacts& facts);

} // namespace tplink::sim
