#include "protocols/tapo/camera_envelope.hpp"

#include <algorithm>

#include "protocols/tapo/answers.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kResponsesPerRequest = 4; // more than asked has been seen; without end is not believed

/// Names of the sections a request asks for: {"name": "x"}, {"name": ["x","y"]}, {"table": ...}, {"section":
/// {...}}.
std::vector<std::string> sections_of(const json::object& module) {
    std::vector<std::string> names = find_texts(module, "name");
    for (std::string& table : find_texts(module, "table")) names.push_back(std::move(table));
    for (const auto& [key, value] : module)
        if (value.is_object()) names.emplace_back(key.data(), key.size());
    return names;
}

/// How well a result fits a request: one point for each module, one for each section found again.
int likeness(const Request& request, const json::object& result) {
    const json::object* params = request.params.if_object();
    if (!params) return 0;
    int points = 0;
    for (const auto& [module, value] : *params) {
        const json::object* found = find_object(result, {module.data(), module.size()});
        if (!found) continue;
        ++points;
        const json::object* asked = value.if_object();
        if (!asked) continue;
        for (const std::string& section : sections_of(*asked)) points += found->contains(section) ? 1 : 0;
    }
    return points;
}

/// A per-method code nobody knows: taken as "not on this camera", so that polls do not ask for ever.
Answer camera_answer(const Request& request, const json::object& entry) {
    Answer answer = answer_of(Dialect::camera, request.method, entry);
    if (!answer.result && meaning_of(Dialect::camera, answer.result.error().device_code).empty())
        answer.result.error().code = Errc::unsupported;
    return answer;
}

} // namespace

bool is_old_style(const Request& request) {
    return request.method == "get" || request.method == "set" || request.method == "do";
}

Request to_old_style(const Request& request) {
    if (is_old_style(request)) return request;
    const std::string_view method = request.method;
    const char* verb = method.starts_with("get") ? "get" : method.starts_with("set") ? "set" : "do";
    return {verb, request.params, request.child};
}

json::object old_style_request(const Request& request) {
    json::object body{{"method", request.method}};
    if (const json::object* modules = request.params.if_object())
        for (const auto& [key, value] : *modules)
            if (key != "method") body[key] = value;
    return body;
}

Answer old_style_answer(const Request& request, const json::object& reply) {
    Answer answer = answer_of(Dialect::camera, request.method, reply);
    if (!answer.result) return answer;
    json::object flat = reply;
    flat.erase("error_code");
    flat.erase("seq");
    answer.result = json::value(std::move(flat));
    return answer;
}

json::object batch_request(std::span<const Request> requests, const std::vector<std::size_t>& which) {
    json::array entries;
    for (const std::size_t index : which) {
        json::object entry{{"method", requests[index].method}};
        if (!requests[index].params.is_null()) entry["params"] = requests[index].params;
        entries.push_back(std::move(entry));
    }
    json::object params;
    params["requests"] = std::move(entries);
    json::object body{{"method", "multipleRequest"}};
    body["params"] = std::move(params);
    return body;
}

json::object child_request(std::string_view child, json::object request) {
    json::object control{{"device_id", json::string_view(child.data(), child.size())}};
    control["request_data"] = std::move(request);
    json::object params;
    params["childControl"] = std::move(control);
    const Request entry{"controlChild", json::value(std::move(params))};
    return batch_request({&entry, 1}, {0});
}

json::object child_reply(const json::object& reply) {
    if (error_code(reply) != code::kOk) return reply;
    const json::object* result = find_object(reply, "result");
    const json::array* responses = result ? find_array(*result, "responses") : nullptr;
    const json::object* entry = responses && !responses->empty() ? responses->front().if_object() : nullptr;
    if (!entry) return reply;
    if (error_code(*entry) != code::kOk) return {{"error_code", error_code(*entry)}};
    const json::object* inner = find_object(*entry, "result");
    const json::object* data = inner ? find_object(*inner, "response_data") : nullptr;
    return data ? *data : json::object{};
}

Result<void> place_responses(const json::object& reply, std::span<const Request> requests,
                             const std::vector<std::size_t>& which,
                             std::vector<std::optional<Answer>>& slots) {
    const json::object* result = find_object(reply, "result");
    const json::array* responses = result ? find_array(*result, "responses") : nullptr;
    if (!responses) return fail(Errc::malformed, "multipleRequest: reply without responses");
    std::vector<const json::object*> rest;
    const std::size_t most = std::min(responses->size(), which.size() * kResponsesPerRequest);
    const auto is_open = [&](std::size_t index, const json::object& entry) {
        return !slots[index] && requests[index].method == find_text(entry, "method");
    };
    for (std::size_t i = 0; i < most; ++i) {
        const json::object* entry = (*responses)[i].if_object();
        if (!entry) continue;
        const json::object* payload = find_object(*entry, "result");
        const std::size_t* best = nullptr;
        int best_points = 0;
        for (const std::size_t& index : which) {
            const int points = payload && is_open(index, *entry) ? likeness(requests[index], *payload) : 0;
            if (points <= best_points) continue;
            best = &index;
            best_points = points;
        }
        if (best)
            slots[*best] = camera_answer(requests[*best], *entry);
        else
            rest.push_back(entry);
    }
    for (const json::object* entry : rest) {
        const auto open = std::find_if(which.begin(), which.end(),
                                       [&](std::size_t index) { return is_open(index, *entry); });
        if (open != which.end()) slots[*open] = camera_answer(requests[*open], *entry);
    }
    return {};
}

} // namespace tplink::tapo
