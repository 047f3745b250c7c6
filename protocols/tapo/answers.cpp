#include "protocols/tapo/answers.hpp"

#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

/// The entry's code, or that of the child a hub or strip passed the request to.
int code_of(const json::object& entry) {
    if (const int number = error_code(entry); number != code::kOk) return number;
    const json::object* result = find_object(entry, "result");
    if (!result) return code::kOk;
    for (const std::string_view child : {"response_data", "responseData"})
        if (const json::object* answer = find_object(*result, child)) return error_code(*answer);
    return code::kOk;
}

} // namespace

Answer answer_of(Dialect dialect, std::string method, json::object&& entry) {
    const int number = code_of(entry);
    if (number == code::kEndOfRange)
        return {std::move(method), json::value(json::object{{kWarning, json::string(meaning_of(dialect, number))}})};
    if (number != code::kOk) {
        Error error = device_error(dialect, number, method);
        const bool of_session = error.code == Errc::session_expired || error.code == Errc::auth_failed;
        if (of_session || error.code == Errc::locked_out) {
            error.code = Errc::refused;
            error.retry_after = {};
        }
        return {std::move(method), tl::unexpected(std::move(error))};
    }
    json::value* result = entry.if_contains("result");
    return {std::move(method), result && !result->is_null() ? std::move(*result) : json::value(json::object())};
}

Answer missing_answer(std::string method) {
    std::string what = method + ": the device left this out of its reply";
    return {std::move(method), fail(Errc::malformed, std::move(what))};
}

} // namespace tplink::tapo
