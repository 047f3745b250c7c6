#include "protocols/tapo/camera_session.hpp"

#include <algorithm>
#include <utility>

#include "protocols/tapo/answers.hpp"
#include "protocols/tapo/camera_envelope.hpp"
#include "protocols/tapo/camera_identity.hpp"
#include "protocols/tapo/camera_pages.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::tapo {
namespace {

constexpr std::chrono::milliseconds kTooSoonPause{1100};

Request stop_request(const Request& of) {
    return {"cruiseStop", json::value(json::object{{"motor", {{"cruise_stop", json::object()}}}}), of.child};
}

} // namespace

CameraSession::CameraSession(std::unique_ptr<Transport> transport, const Clock& clock, std::size_t batch)
    : exchange_(std::move(transport), Dialect::camera, clock), batch_(std::max<std::size_t>(1, batch)) {}

bool CameraSession::goes_bare(const Request& request) const { return is_old_style(request) || transport() == "vigi"; }

Result<Answer> CameraSession::ask_bare(const Request& request) {
    if (transport() == "tapo4") // it refuses whatever is no batch. Source: camera.md, "L4"
        return Answer{request.method, fail(Errc::unsupported, "this camera takes no old-style requests")};
    if (!request.child.empty()) // Source: camera.md, "Hubs"
        return Answer{request.method, fail(Errc::unsupported, "a hub passes no old-style requests on")};
    const json::object reply = TRY(exchange_.ask(old_style_request(to_old_style(request))));
    return old_style_answer(request, reply);
}

Result<json::object> CameraSession::ask_for(const std::string& child, json::object request) {
    if (child.empty()) return exchange_.ask(request);
    const json::object reply = TRY(exchange_.ask(child_request(child, std::move(request))));
    return child_reply(reply);
}

Result<std::optional<Error>> CameraSession::ask_batch(std::span<const Request> requests, const Indices& which,
                                                      Slots& slots) {
    const auto reply = ask_for(requests[which.front()].child, batch_request(requests, which));
    if (!reply) {
        // Broken JSON under a living session is the envelope's fault; anything else is the connection's or
        // login's.
        if (reply.error().code == Errc::malformed && exchange_.has_session())
            return std::optional(reply.error());
        return tl::unexpected(reply.error());
    }
    const auto placed = place_responses(*reply, requests, which, slots);
    if (placed) return std::nullopt;
    const int number = error_code(*reply);
    if (number != code::kOk) return std::optional(device_error(Dialect::camera, number, "multipleRequest"));
    return std::optional(placed.error());
}

Result<void> CameraSession::ask_isolating(std::span<const Request> requests, const Indices& which,
                                          Slots& slots) {
    if (which.empty()) return {};
    const auto fault = TRY(ask_batch(requests, which, slots));
    Indices open;
    std::copy_if(which.begin(), which.end(), std::back_inserter(open),
                 [&](std::size_t i) { return !slots[i]; });
    if (open.empty()) return {};
    if (which.size() == 1) {
        const std::string& method = requests[which.front()].method;
        loners_.insert(method);
        if (fault)
            slots[which.front()] = Answer{method, tl::unexpected(*fault)};
        else
            slots[which.front()] = missing_answer(method);
        return {};
    }
    const std::size_t lonely = loners_.size();
    const auto middle = open.begin() + static_cast<std::ptrdiff_t>((open.size() + 1) / 2);
    TRY_VOID(ask_isolating(requests, Indices(open.begin(), middle), slots));
    TRY_VOID(ask_isolating(requests, Indices(middle, open.end()), slots));
    // Nobody was to blame alone: the batch was too large.
    if (loners_.size() == lonely) batch_ = std::min(batch_, std::max<std::size_t>(1, (which.size() + 1) / 2));
    return {};
}

/// The further pages of a list. A page that fails leaves the list as long as it is.
Result<void> CameraSession::read_on(const Request& request, json::value& list) {
    while (const auto next = next_page(request, list)) {
        Slots slots(1);
        const auto fault = TRY(ask_batch({&*next, 1}, {0}, slots));
        if (fault || !slots[0] || !slots[0]->result || !append_page(list, *slots[0]->result)) break;
    }
    return {};
}

Result<std::vector<Answer>> CameraSession::query(std::span<const Request> requests) {
    Slots slots(requests.size());
    Indices batched;
    Indices alone;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (goes_bare(requests[i])) continue;
        (loners_.contains(requests[i].method) ? alone : batched).push_back(i);
    }
    for (std::size_t from = 0; from < batched.size();) {
        const auto first = batched.begin() + static_cast<std::ptrdiff_t>(from);
        std::size_t count = 1; // a batch speaks to one child
        while (count < std::min(batch_, batched.size() - from) &&
               requests[batched[from + count]].child == requests[*first].child)
            ++count;
        TRY_VOID(ask_isolating(requests, Indices(first, first + static_cast<std::ptrdiff_t>(count)), slots));
        from += count;
    }
    for (const std::size_t index : alone) TRY_VOID(ask_isolating(requests, {index}, slots));
    std::vector<Answer> answers;
    answers.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i)
        answers.push_back(slots[i] ? std::move(*slots[i]) : TRY(ask_bare(requests[i])));
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (answers[i].result) TRY_VOID(read_on(requests[i], *answers[i].result));
    return answers;
}

void CameraSession::cancel() {
    {
        const std::lock_guard lock(waiting_);
        stopped_ = true;
    }
    stopped_changed_.notify_all();
    exchange_.cancel();
}

bool CameraSession::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(waiting_);
    return !stopped_changed_.wait_for(lock, time, [this] { return stopped_; });
}

/// What a command runs into and a client can cure by itself. Source: camera.md, "Error codes".
Result<json::value> CameraSession::call(const Request& request) {
    Result<json::value> result = send(request);
    if (result) return result;
    const Error refusal = result.error();
    switch (refusal.device_code) {
    case code::kMotorBusy:
        if (!send(stop_request(request))) return result;
        result = send(request);
        break;
    case code::kTooSoon:
        if (!wait(kTooSoonPause)) return fail(Errc::cancelled, request.method + ": cancelled");
        result = send(request);
        break;
    default: break;
    }
    return result;
}

Result<json::value> CameraSession::send(const Request& request) {
    if (goes_bare(request)) return TRY(ask_bare(request)).result;
    Slots slots(1);
    const auto fault = TRY(ask_batch({&request, 1}, {0}, slots));
    if (fault) return tl::unexpected(*fault);
    if (!slots[0]) return missing_answer(request.method).result;
    Result<json::value> result = std::move(slots[0]->result);
    // A code nobody knows drops a query, but a command was simply declined.
    if (!result && meaning_of(Dialect::camera, result.error().device_code).empty())
        result.error().code = Errc::refused;
    return result;
}

Result<Identity> CameraSession::identify() {
    const std::vector<Answer> answers = TRY(query(identity_requests()));
    Result<json::value> info = answers[0].result;
    if (!info) info = TRY(ask_bare(old_style_info_request())).result;
    if (!info) return tl::unexpected(info.error());
    Identity identity = TRY(identity_of_camera(*info));
    if (answers[1].result) identity.components = components_of_camera(*answers[1].result);
    if (identity.lists("battery") || identity.lists("childControl")) batch_ = std::min(batch_, kSmallBatch);
    if (!identity.components.empty()) return identity;
    const Answer spec = TRY(ask_bare(module_spec_request()));
    if (spec.result) identity.components = components_of_module_spec(*spec.result);
    return identity;
}

} // namespace tplink::tapo
