#pragma once
// From one entry of a reply to an Answer.

#include <string>
#include <utility>

#include "protocols/error_codes.hpp"
#include "protocols/session.hpp"

namespace tplink::tapo {

/// The entry's `result` ({} when absent, as sets have none), taken out of it, or the error its error_code means.
/// An entry never speaks of the session: such codes become `refused`.
Answer answer_of(Dialect dialect, std::string method, json::object&& entry);
inline Answer answer_of(Dialect dialect, std::string method, const json::object& entry) {
    return answer_of(dialect, std::move(method), json::object(entry));
}

/// The answer for a request the device left out.
Answer missing_answer(std::string method);

} // namespace tplink::tapo
