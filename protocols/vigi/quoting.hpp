#pragma once
// VIGI cameras URL-encode every text in their JSON, both ways. Pure. Source: vigi.md, "Texts".

#include <boost/json/value.hpp>

namespace tplink::vigi {

namespace json = boost::json;

/// Every text value with what is not A-Z a-z 0-9 - _ . ~ escaped; keys stay. Nesting is bounded by the
/// parser.
json::value quoted(const json::value& plain);
/// The reverse; texts without escapes stay as they are.
json::value unquoted(const json::value& quoted);

} // namespace tplink::vigi
