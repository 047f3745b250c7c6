#include "protocols/kasa/iot_session.hpp"

#include <algorithm>

#include "protocols/kasa/iot.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

constexpr std::size_t kMergedAtPlugs = 4;
constexpr std::size_t kMergedAtBulbs = 2; // their answers must stay below 4 KiB; kasa.md, "TCP 9999"
constexpr const char* kSysinfo = "system.get_sysinfo";

std::size_t merged_at(const Identity& identity) {
    const bool bulb = identity.device_type.find("SMARTBULB") != std::string::npos;
    return bulb ? kMergedAtBulbs : kMergedAtPlugs;
}

} // namespace

IotSession::IotSession(std::unique_ptr<tapo::Transport> transport, const Clock& clock)
    : exchange_(std::move(transport), Dialect::iot, clock), merged_(kMergedAtPlugs) {}

Result<json::object> IotSession::read_sysinfo() {
    const Request request{kSysinfo, nullptr};
    json::object reply = TRY(exchange_.ask(iot_request({&request, 1}, "")));
    const json::value result = TRY(iot_answer(request, reply).result);
    json::object info = sysinfo_of(result.get_object());
    const Identity identity = identity_of_sysinfo(info);
    device_id_ = identity.device_id;
    if (!known_) merged_ = merged_at(identity);
    known_ = true;
    return info;
}

Result<void> IotSession::ensure_known() {
    if (!known_) TRY_VOID(read_sysinfo());
    return {};
}

Result<Identity> IotSession::identify() {
    Identity identity = identity_of_sysinfo(TRY(read_sysinfo()));
    if (identity.mac.empty()) return fail(Errc::malformed, "get_sysinfo: no MAC address");
    return identity;
}

Result<void> IotSession::ask(std::span<const Request> requests, std::span<std::optional<Answer>> answers, tapo::Room room) {
    const std::string child = full_child_id(requests.front().child, device_id_);
    auto reply = exchange_.ask(iot_request(requests, child), room);
    if (!reply) {
        const bool choked = reply.error().code == Errc::malformed && requests.size() > 1;
        if (!choked) return tl::unexpected(reply.error());
        merged_ = 1;
    }
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (reply) answers[i] = iot_answer(requests[i], *reply);
    return {};
}

Result<std::vector<Answer>> IotSession::query(std::span<const Request> requests) {
    const bool begins_alone = requests.size() == 1 && requests.front().method == kSysinfo;
    if (!begins_alone && !requests.empty()) TRY_VOID(ensure_known());
    std::vector<std::optional<Answer>> answers(requests.size());
    for (std::size_t from = 0; from < requests.size();) {
        if (const auto name = split_name(requests[from].method); !name) {
            answers[from] = Answer{requests[from].method, tl::unexpected(name.error())};
            ++from;
            continue;
        }
        const std::size_t count = mergeable(requests.subspan(from), merged_);
        TRY_VOID(ask(requests.subspan(from, count), std::span(answers).subspan(from, count), tapo::Room::block));
        while (from < requests.size() && answers[from]) ++from; // none: the same again, one by one
    }
    std::vector<Answer> result;
    result.reserve(answers.size());
    for (auto& answer : answers) result.push_back(std::move(*answer));
    return result;
}

Result<json::value> IotSession::call(const Request& request) {
    TRY_VOID(split_name(request.method));
    TRY_VOID(ensure_known());
    std::optional<Answer> answer;
    TRY_VOID(ask({&request, 1}, {&answer, 1}, tapo::Room::apart));
    return std::move(answer->result);
}

} // namespace tplink::kasa
