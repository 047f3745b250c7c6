#pragma once
// What `probe` tells of the ladder and of what is not known yet. Pure.

#include <boost/json/array.hpp>
#include <span>
#include <string>
#include <vector>

#include "gateway/capabilities/capability.hpp"
#include "protocols/tapo/ladder.hpp"

namespace tplink::gateway {

/// "TPAP (SPAKE2+)" for "tpap", ...; the word itself when it is not known.
std::string_view login_name(std::string_view transport);

/// One entry per rung that was asked: {"transport","taken","code","message"}; the one that was taken last, if any.
json::array ladder_json(std::span<const tapo::Attempt> attempts, std::string_view taken);
/// The same as lines for people.
std::string ladder_text(std::span<const tapo::Attempt> attempts, std::string_view taken);

/// Components of the device that no row of its family asks for: what a report about a new model is worth for.
std::vector<std::string> unknown_components(std::span<const Capability> rows, std::span<const Component> components);

}  // namespace tplink::gateway
