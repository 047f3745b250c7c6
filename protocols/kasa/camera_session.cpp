#include "protocols/kasa/camera_session.hpp"

#include <algorithm>
#include <condition_variable>

#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

constexpr std::size_t kChunk = 16;                  // methods in one request
constexpr auto kCloudAge = std::chrono::seconds(300);   // what the cloud told is good for that long
constexpr auto kCloudConfirm = std::chrono::seconds(10);  // after a write it is asked anew
constexpr auto kCloudSpacing = std::chrono::seconds(1);
constexpr auto kCloudSysinfo = std::chrono::seconds(60);
constexpr int kMoreProbes = 5;
constexpr auto kBeforeRepeat = std::chrono::seconds(2);

/// "ptz.set_move" -> the camera's module and its method.
std::pair<std::string, std::string> split(const std::string& request) {
    const auto dot = request.rfind('.');
    const std::string module = request.substr(0, std::min(dot, request.size()));
    const std::string method = dot == std::string::npos ? "" : request.substr(dot + 1);
    return {request == kSysinfo || module.starts_with(kCameraModules) ? module : std::string(kCameraModules) + module, method};
}

std::string module_of(const std::string& request) { return request.substr(0, request.rfind('.')); }

void add(json::object& command, const std::string& module, const std::string& method, const json::value& params) {
    json::value& methods = command[module];
    if (!methods.is_object()) methods.emplace_object();
    methods.get_object()[method] = params.is_object() ? params : json::value(json::object());  // null is not accepted
}

Error aside(Error error) {
    error.aside = error.code != Errc::cancelled;
    return error;
}

/// Everything in `wanted` is in `found`, with the same value.
bool covers(const json::object& found, const json::object& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const auto& each) {
        const json::value* value = found.if_contains(each.key());
        return value != nullptr && *value == each.value();
    });
}

}  // namespace

CameraSession::CameraSession(CameraOptions options, CameraDeps deps)
    : options_(std::move(options)), deps_(std::move(deps)),
      reader_(options_.control.host, options_.state_port, deps_.open_socket, deps_.control.clock),
      local_(options_.control, deps_.control, stop_.get_token()) {
    if (const std::string known = local_.login_text(); !known.empty()) transport_ = known;
}

Result<Identity> CameraSession::identify() {
    const json::object fields = TRY(sysinfo());
    identity_ = TRY(identity_of(fields));
    return identity_;
}

/// UDP first; a camera in another network may be reached by its other ways only.
Result<json::object> CameraSession::sysinfo() {
    auto fields = reader_.read();
    const bool silent = !fields && (fields.error().code == Errc::timeout || fields.error().code == Errc::unreachable);
    if (silent && local_.standing() == LocalControl::Standing::works && options_.control.mode != ControlMode::none) {
        json::object command;
        add(command, "system", "get_sysinfo", nullptr);
        if (const auto reply = local_.send(command))
            if (auto read = read_sysinfo(*reply)) fields = std::move(read);
    } else if (silent && cloud_possible() && !identity_.device_id.empty() && deps_.control.clock.now() - sysinfo_by_cloud_ >= kCloudSysinfo) {
        sysinfo_by_cloud_ = deps_.control.clock.now();
        json::object command;
        add(command, "system", "get_sysinfo", nullptr);
        if (const auto reply = exchange(Way::cloud, command, CloudUrgency::poll))
            if (auto read = read_sysinfo(*reply)) fields = std::move(read);
    }
    if (!fields) return fields;
    motion_.mark(*fields);
    fresh_ = tapo::find_text(*fields, "status") == "new";
    const json::value* updating = fields->if_contains("updating");
    updating_ = updating != nullptr && updating->is_bool() && updating->get_bool();
    if (const std::string_view firmware = tapo::find_text(*fields, "sw_ver"); !firmware.empty()) identity_.firmware = firmware;
    if (const std::string_view id = tapo::find_text(*fields, "deviceId"); !id.empty()) identity_.device_id = id;
    return fields;
}

Result<std::vector<Answer>> CameraSession::query(std::span<const Request> requests) {
    std::vector<Answer> answers;
    answers.reserve(requests.size());
    bool others = false;
    for (const Request& request : requests) {
        answers.push_back({request.method, fail(Errc::malformed, "not asked")});
        if (request.method == kSysinfo) answers.back().result = json::value(TRY(sysinfo()));
        else others = true;
    }
    if (others) ask(requests, answers);
    if (const auto& trouble = local_.trouble(); trouble && trouble->code == Errc::certificate_changed)
        return fail(Errc::certificate_changed, trouble->what);  // a human must look, as with every other camera
    return answers;
}

/// Everything but the state. A way that fails now fails these entries, not the camera.
void CameraSession::ask(std::span<const Request> requests, std::vector<Answer>& answers) {
    const Way way = decide();
    std::vector<const Request*> due;
    bool urgent = false;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].method == kSysinfo) continue;
        if (way == Way::none) {
            answers[i].result = tl::unexpected(no_way());
        } else if (const json::value* known = way == Way::cloud ? still_fresh(requests[i].method) : nullptr) {
            answers[i].result = *known;
        } else {
            due.push_back(&requests[i]);
            urgent |= touched(requests[i].method);
        }
    }
    for (std::size_t at = 0; at < due.size(); at += kChunk) {
        const auto chunk = std::span<const Request* const>(due).subspan(at, std::min(kChunk, due.size() - at));
        std::vector<Answer> part;
        ask_chunk(way, chunk, part, urgent ? CloudUrgency::command : CloudUrgency::poll);
        for (std::size_t k = 0; k < chunk.size(); ++k)
            answers[static_cast<std::size_t>(chunk[k] - requests.data())].result = std::move(part[k].result);
    }
}

void CameraSession::ask_chunk(Way way, std::span<const Request* const> chunk, std::vector<Answer>& answers, CloudUrgency urgency) {
    json::object command;
    for (const Request* request : chunk) {
        const auto [module, method] = split(request->method);
        add(command, module, method, request->params);
    }
    const auto tree = exchange(way, command, urgency);
    for (const Request* request : chunk) {
        if (!tree) {
            // Of the camera's ways, not of what was asked: it may be asked again.
            Error error = tree.error();
            if (error.code != Errc::cloud_disabled) error.code = Errc::timeout;
            answers.push_back({request->method, tl::unexpected(std::move(error))});
            continue;
        }
        const auto [module, method] = split(request->method);
        auto picked = pick_answer(*tree, module, method);
        if (!picked && picked.error().code == Errc::timeout) picked.error().aside = true;  // a moment's weakness
        if (picked && way == Way::cloud) by_cloud_[request->method] = {*picked, deps_.control.clock.now()};
        answers.push_back({request->method, std::move(picked)});
    }
}

const json::value* CameraSession::still_fresh(const std::string& method) const {
    const auto known = by_cloud_.find(method);
    if (known == by_cloud_.end()) return nullptr;
    const auto age = deps_.control.clock.now() - known->second.at;
    return age < (touched(method) ? kCloudSpacing : kCloudAge) ? &known->second.value : nullptr;
}

bool CameraSession::touched(const std::string& method) const {
    const auto written = written_.find(module_of(method));
    return written != written_.end() && deps_.control.clock.now() - written->second < kCloudConfirm;
}

Result<json::value> CameraSession::call(const Request& request) {
    if (identity_.mac.empty()) TRY(identify());
    if (updating_) return tl::unexpected(aside({Errc::refused, "the camera is updating its firmware; try again when it is done", 0, {}}));
    const auto [module, method] = split(request.method);
    json::object command;
    add(command, module, method, request.params);
    Way way = decide();
    // Somebody waits for this one: the search for the login goes on until it is settled.
    for (int more = 0; more < kMoreProbes && way == Way::none && local_.standing() == LocalControl::Standing::unknown; ++more) way = decide();
    if (way == Way::none) return tl::unexpected(no_way());
    written_[module_of(request.method)] = deps_.control.clock.now();
    if (way == Way::cloud) return call_by_cloud(request, command, module, method);
    auto tree = local_.send(command);
    if (!tree && !local_.sent() && cloud_possible()) return call_by_cloud(request, command, module, method);  // it never left
    const json::object reply = TRY(std::move(tree));
    auto picked = pick_answer(reply, module, method);
    if (!picked && picked.error().code == Errc::timeout) {  // a moment's weakness: once more
        const json::object again = TRY(local_.send(command));
        picked = pick_answer(again, module, method);
    }
    if (!picked) return tl::unexpected(aside(std::move(picked).error()));
    return picked;
}

/// A write that may or may not have arrived is repeated once, after a look that it did not happen.
Result<json::value> CameraSession::call_by_cloud(const Request& request, const json::object& command, const std::string& module, const std::string& method) {
    auto tree = exchange(Way::cloud, command, CloudUrgency::command);
    if (!tree && tree.error().code == Errc::timeout && wait(kBeforeRepeat)) {
        const auto done = happened(module, method, request.params);
        if (done && *done) return json::value(json::object());
        if (done) tree = exchange(Way::cloud, command, CloudUrgency::command);
    }
    if (!tree) return tl::unexpected(tree.error());
    auto picked = pick_answer(*tree, module, method);
    if (!picked) return tl::unexpected(aside(std::move(picked).error()));
    written_[module_of(request.method)] = deps_.control.clock.now();
    return picked;
}

/// Whether the getter beside a setter tells what was set. errors: there is none, or it cannot be read.
Result<bool> CameraSession::happened(const std::string& module, const std::string& method, const json::value& params) {
    if (!method.starts_with("set_") || !params.is_object()) return fail(Errc::unsupported, "no getter");
    const std::string getter = "get_" + method.substr(4);
    json::object command;
    add(command, module, getter, nullptr);
    const json::object tree = TRY(exchange(Way::cloud, command, CloudUrgency::command));
    const json::value now = TRY(pick_answer(tree, module, getter));
    return now.is_object() && covers(now.get_object(), params.get_object());
}

Result<json::object> CameraSession::exchange(Way way, const json::object& command, CloudUrgency urgency) {
    if (way == Way::local) return local_.send(command);
    const auto account = cloud();
    if (!account) return tl::unexpected(no_way());
    return account->passthrough(identity_.device_id, command, urgency, stop_.get_token());
}

std::shared_ptr<CloudAccount> CameraSession::cloud() const { return deps_.control.cloud ? deps_.control.cloud() : nullptr; }

bool CameraSession::cloud_possible() const {
    const ControlMode mode = options_.control.mode;
    if (mode != ControlMode::automatic && mode != ControlMode::cloud) return false;
    const auto account = cloud();
    return account && account->allowed();
}

CameraSession::Way CameraSession::decide() {
    const ControlMode mode = options_.control.mode;
    Way way = Way::none;
    if ((mode == ControlMode::automatic || mode == ControlMode::local) && local_.probe(identity_, fresh_) == LocalControl::Standing::works) way = Way::local;
    else if (cloud_possible() && !(mode == ControlMode::automatic && local_.standing() == LocalControl::Standing::unknown)) way = Way::cloud;
    transport_ = way == Way::local ? local_.login_text() : way == Way::cloud ? "cloud" : "udp";
    return way;
}

/// Why nothing but the state can be had, and what would change that.
Error CameraSession::no_way() const {
    const auto& trouble = local_.trouble();
    switch (options_.control.mode) {
    case ControlMode::none: return aside({Errc::unsupported, "control: none is set for this camera, so it is only watched", 0, {}});
    case ControlMode::cloud: break;
    default:
        if (local_.standing() == LocalControl::Standing::unknown || !trouble)
            return aside({Errc::timeout, "local control is still being looked for", 0, {}});
        if (options_.control.mode == ControlMode::local) return aside(*trouble);
    }
    if (trouble && trouble->code == Errc::auth_failed) return aside(*trouble);
    const auto account = cloud();
    const std::string why = account ? account->status().message : "the cloud is off: set cloud.enabled: true to allow it";
    return aside({Errc::cloud_disabled, "this camera's firmware takes commands only through TP-Link's cloud, and " + why, 0, {}});
}

std::optional<Session::Facts> CameraSession::facts() const { return Facts{transport_, "", local_.certificate_sha256()}; }

bool CameraSession::wait(std::chrono::milliseconds time) {
    if (deps_.control.wait) return deps_.control.wait(time, stop_.get_token());
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop_.get_token(), time, [] { return false; });
    return !stop_.stop_requested();
}

void CameraSession::cancel() {
    stop_.request_stop();
    reader_.cancel();
    local_.cancel();
}

}  // namespace tplink::kasa
