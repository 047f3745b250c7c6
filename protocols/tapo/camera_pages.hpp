#pragma once
// Lists that come in pages of about ten: start_index and sum tell of more. Source: catalogue.md, "Lists".

#include <optional>

#include "protocols/session.hpp"

namespace tplink::tapo {

/// The request for what comes after `result`, the list so far; nothing when it is complete or no such list.
std::optional<Request> next_page(const Request& request, const json::value& result);

/// Appends the entries of `page`. False when it brought none: the list ends there whatever `sum` says.
bool append_page(json::value& list, const json::value& page);

} // namespace tplink::tapo
