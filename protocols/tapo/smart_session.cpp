#include "protocols/tapo/smart_session.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "protocols/tapo/answers.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxBatch = 5; // more is refused with kRequestTooLong or worse; smart.md, "Batches"
constexpr std::size_t kMaxComponents = 512;
constexpr std::size_t kTerminalUuidBytes = 16;
constexpr std::size_t kMaxListed = 256; // entries of one list; no strip or hub has more

std::int64_t now_ms(const Clock& clock) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch()).count();
}

bool is_utf8(std::string_view text) {
    json::error_code ec;
    json::parse(json::serialize(json::string(text)), ec);
    return !ec;
}

/// Names are base64 of UTF-8; one that is not stays as it is.
std::string decode_name(std::string_view text) {
    const auto decoded = base64_decode(text);
    const bool readable = decoded && is_utf8(as_text(*decoded));
    return readable ? std::string(as_text(*decoded)) : std::string(text);
}

Identity identity_of(const json::object& info) {
    Identity identity;
    identity.mac = normalize_mac(find_text(info, "mac")).value_or("");
    identity.model = find_text(info, "model");
    identity.name = decode_name(find_text(info, "nickname"));
    identity.hardware = find_text(info, "hw_ver");
    identity.firmware = find_text(info, "fw_ver");
    identity.device_id = find_text(info, "device_id");
    identity.device_type = find_text(info, "type");
    return identity;
}

std::vector<Component> components_of(const json::object& result) {
    std::vector<Component> components;
    const json::array* list = find_array(result, "component_list");
    if (!list) return components;
    for (const json::value& entry : *list) {
        const json::object* object = entry.if_object();
        if (!object || components.size() == kMaxComponents) continue;
        const std::string_view name = find_text(*object, "id");
        if (!name.empty())
            components.push_back({std::string(name), find_int(*object, "ver_code").value_or(1)});
    }
    return components;
}

/// How many of the first requests go to one child: a batch speaks to one.
std::size_t same_child(std::span<const Request> requests) {
    const auto other = std::find_if(requests.begin(), requests.end(), [&](const Request& request) {
        return request.child != requests.front().child;
    });
    return static_cast<std::size_t>(other - requests.begin());
}

/// The list in a result; nullptr when it has none.
json::array* list_in(json::value& result) {
    if (!result.is_object()) return nullptr;
    for (auto& [key, member] : result.get_object())
        if (member.is_array()) return &member.get_array();
    return nullptr;
}

/// The list in a result of which only the beginning came: {"start_index": 0, "sum": 12, "child_device_list": [...]}.
json::array* begun_list(json::value& result) {
    const json::object* object = result.if_object();
    if (!object || find_int(*object, "start_index") != 0) return nullptr;
    const int sum = find_int(*object, "sum").value_or(0);
    json::array* list = list_in(result);
    const bool more = list && sum > 0 && list->size() < std::min(static_cast<std::size_t>(sum), kMaxListed);
    return more ? list : nullptr;
}

} // namespace

SmartSession::SmartSession(std::unique_ptr<Transport> transport, RandomBytes& random, const Clock& clock)
    : exchange_(std::move(transport), Dialect::smart, clock), clock_(clock),
      terminal_uuid_(base64_encode(random.bytes(kTerminalUuidBytes))), batch_size_(kMaxBatch) {}

json::object SmartSession::envelope(std::string_view method, json::value params) const {
    json::object request;
    request.reserve(5);
    request.emplace("method", json::string_view(method.data(), method.size()));
    if (!params.is_null()) request.emplace("params", std::move(params)); // a null makes some methods fail
    request.emplace("request_time_milis", now_ms(clock_));
    request.emplace("terminal_uuid", terminal_uuid_);
    if (transport() == "aes") request["terminalUUID"] = terminal_uuid_; // the older spelling
    return request;
}

Result<json::object> SmartSession::ask(std::string_view child, std::string_view method,
                                       json::value params, Room room) {
    if (child.empty()) return exchange_.ask(envelope(method, std::move(params)), room);
    json::object inner{{"method", json::string_view(method.data(), method.size())}};
    if (!params.is_null()) inner["params"] = std::move(params);
    json::object wrapped{{"device_id", json::string_view(child.data(), child.size())},
                         {"requestData", std::move(inner)}};
    json::object reply = TRY(exchange_.ask(envelope("control_child", std::move(wrapped)), room));
    json::object* result =
        error_code(reply) == code::kOk && reply.contains("result") ? reply["result"].if_object() : nullptr;
    json::value* data = result ? result->if_contains("responseData") : nullptr;
    if (!data || !data->is_object()) return reply; // a refusal of the parent's own
    json::object answer = std::move(data->get_object());
    return answer;
}

/// Long lists come in pages. What the device does not go on with stays as it is.
Result<void> SmartSession::read_on(const Request& request, json::value& result) {
    while (json::array* list = begun_list(result)) {
        json::object params = request.params.is_object() ? request.params.get_object() : json::object();
        params["start_index"] = list->size();
        Answer more = TRY(ask_single({request.method, std::move(params), request.child}));
        json::array* page = more.result ? list_in(*more.result) : nullptr;
        if (!page || page->empty()) return {};
        for (json::value& entry : *page) list->push_back(std::move(entry));
    }
    return {};
}

Result<Answer> SmartSession::ask_single(const Request& request) {
    json::object reply = TRY(ask(request.child, request.method, request.params));
    return answer_of(Dialect::smart, request.method, std::move(reply));
}

Result<json::value> SmartSession::call(const Request& request) {
    Answer answer = TRY(ask_single(request));
    return std::move(answer.result);
}

Result<void> SmartSession::ask_batch(std::span<const Request> requests,
                                     std::span<std::optional<Answer>> answers) {
    json::array entries;
    entries.reserve(requests.size());
    for (const Request& request : requests) {
        json::object& entry = entries.emplace_back(json::object_kind).get_object();
        entry.emplace("method", request.method);
        if (!request.params.is_null()) entry.emplace("params", request.params);
    }
    json::object params;
    params.emplace("requests", std::move(entries));
    json::object reply = TRY(ask(requests.front().child, "multipleRequest", std::move(params), Room::block));
    const int number = error_code(reply);
    if (number == code::kJsonDecode) batch_size_ = 1;
    if (number == code::kRequestTooLong) batch_size_ = std::max<std::size_t>(1, requests.size() / 2);
    // Asked singly it would be asked even more often.
    if (number == code::kBusy) return tl::unexpected(device_error(Dialect::smart, number, "batch"));
    json::value* result = number == code::kOk ? reply.if_contains("result") : nullptr;
    json::value* responses = result && result->is_object() ? result->get_object().if_contains("responses") : nullptr;
    if (!responses || !responses->is_array()) return {};
    for (json::value& value : responses->get_array()) {
        json::object* entry = value.if_object();
        if (!entry) continue;
        const std::string_view method = find_text(*entry, "method");
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (answers[i] || requests[i].method != method) continue;
            answers[i] = answer_of(Dialect::smart, requests[i].method, std::move(*entry));
            break;
        }
    }
    return {};
}

Result<std::vector<Answer>> SmartSession::query(std::span<const Request> requests) {
    std::vector<std::optional<Answer>> answers(requests.size());
    std::size_t from = 0;
    while (from < requests.size()) {
        const std::size_t count =
            same_child(requests.subspan(from, std::min(batch_size_, requests.size() - from)));
        const auto chunk = requests.subspan(from, count);
        const auto slots = std::span(answers).subspan(from, count);
        if (count > 1) {
            TRY_VOID(ask_batch(chunk, slots));
            const bool too_long = batch_size_ > 1 && batch_size_ < count;
            if (too_long) continue; // the same again in smaller batches
        }
        // A device may stop at the first failing entry: what it left out is asked alone.
        for (std::size_t i = 0; i < count; ++i)
            if (!slots[i]) slots[i] = TRY(ask_single(chunk[i]));
        for (std::size_t i = 0; i < count; ++i)
            if (slots[i]->result) TRY_VOID(read_on(chunk[i], *slots[i]->result));
        from += count;
    }
    std::vector<Answer> result;
    result.reserve(answers.size());
    for (auto& answer : answers) result.push_back(std::move(*answer));
    return result;
}

Result<Identity> SmartSession::identify() {
    const Request requests[] = {{"get_device_info", nullptr}, {"component_nego", nullptr}};
    const std::vector<Answer> answers = TRY(query(requests));
    if (!answers[0].result) return tl::unexpected(answers[0].result.error());
    const json::object* info = answers[0].result->if_object();
    if (!info) return fail(Errc::malformed, "get_device_info: no object");
    Identity identity = identity_of(*info);
    const json::object* components = answers[1].result ? answers[1].result->if_object() : nullptr;
    if (components) identity.components = components_of(*components);
    return identity;
}

} // namespace tplink::tapo
