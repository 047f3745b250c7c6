#pragma once
// From one entry of a reply to an Answer.

#include <string>

#include "protocols/error_codes.hpp"
#include "protocols/session.hpp"

namespace tplink::tapo {

/// The entry's `result` ({} when absent, as sets have none), or the error its error_code means. An entry
/// never speaks of the session: such codes become `refused`.
Answer answer_of(Dialect dialect, std::string method, const json::object& entry);

/// The answer for a request the device left out.
Answer missing_answer(std::string method);

} // namespace tplink::tapo
