#include "protocols/kasa/camera_control.hpp"

#include <algorithm>
#include <condition_variable>

namespace tplink::kasa {
namespace {

constexpr auto kBetweenForms = std::chrono::seconds(1);
constexpr auto kProbeBudget = std::chrono::seconds(3);  // then the camera's state is published first
constexpr auto kProbeAgain = std::chrono::hours(1);

json::object harmless() { return {{"system", json::object{{"get_sysinfo", json::object()}}}}; }

}  // namespace

LocalControl::LocalControl(ControlOptions options, ControlDeps deps, std::stop_token stop)
    : options_(std::move(options)), deps_(std::move(deps)), stop_(std::move(stop)), pin_(options_.known.certificate_sha256) {
    login_ = linkie_login_from(options_.known.transport);
    if (login_) standing_ = Standing::works;
}

LocalControl::Standing LocalControl::probe(const Identity& camera, bool fresh) {
    const SteadyTime begun = deps_.clock.now();
    const bool stale = standing_ == Standing::absent && (begun - probed_ >= kProbeAgain || camera.firmware != firmware_);
    if (standing_ != Standing::unknown && !stale) return standing_;
    if (options_.credentials.password.empty()) {
        settle(Standing::refused, {Errc::auth_failed, "local control needs the TP-Link account: set account.username and account.password", 0, {}});
        return standing_;
    }
    if (untried_.empty()) {
        untried_ = linkie_logins(fresh);
        probed_ = begun;
        firmware_ = camera.firmware;
        standing_ = Standing::unknown;
        trouble_.reset();
    }
    for (bool first = true; standing_ == Standing::unknown && !untried_.empty(); first = false) {
        if (!first && (deps_.clock.now() - begun > kProbeBudget || !pause())) return standing_;
        const LinkieLogin login = untried_.front();
        untried_.erase(untried_.begin());
        const auto reply = try_login(login, harmless());
        if (!reply && reply.error().code == Errc::cancelled) return standing_;
        judge(login, reply);
    }
    if (standing_ == Standing::unknown) settle(trouble_ && trouble_->code == Errc::auth_failed ? Standing::refused : Standing::absent, *trouble_);
    return standing_;
}

/// What one attempt tells about the camera, and which of the others it makes needless.
void LocalControl::judge(const LinkieLogin& login, const Result<json::object>& reply) {
    if (reply) {
        login_ = login;
        standing_ = Standing::works;
        trouble_.reset();
        untried_.clear();
        return;
    }
    const Error& error = reply.error();
    const bool never_sent = !sent();
    const bool redirect = error.code == Errc::unsupported && error.what.find("redirects") != std::string::npos;
    // A refused password is worth more than a silence: it says that somebody listens.
    if (!trouble_ || error.code == Errc::auth_failed) trouble_ = error;
    if (error.code == Errc::certificate_changed) settle(Standing::refused, error);
    else if (redirect || (never_sent && error.code == Errc::unreachable) || (never_sent && error.code == Errc::timeout)) settle(Standing::absent, error);
}

void LocalControl::settle(Standing standing, Error why) {
    standing_ = standing;
    why.aside = true;
    trouble_ = std::move(why);
    untried_.clear();
}

Result<json::object> LocalControl::send(const json::object& command) {
    if (!login_) return fail(Errc::unsupported, "this camera has no local control");
    auto reply = try_login(*login_, command);
    if (!reply && reply.error().code == Errc::timeout && reply.error().device_code != 0) reply = try_login(*login_, command);  // transient: once more
    if (!reply && reply.error().code == Errc::auth_failed) {
        login_.reset();  // the password or the firmware changed: the other forms get their one chance
        standing_ = Standing::unknown;
    } else if (!reply && reply.error().code == Errc::certificate_changed) {
        settle(Standing::refused, reply.error());
        login_.reset();
    } else if (!reply && reply.error().code == Errc::unsupported) {
        settle(Standing::absent, reply.error());
        login_.reset();
        probed_ = deps_.clock.now();
    }
    if (!reply) reply.error().aside = reply.error().code != Errc::cancelled;
    return reply;
}

Result<json::object> LocalControl::try_login(const LinkieLogin& login, const json::object& command) {
    net::HttpClient* const http = client();
    if (http == nullptr) return fail(Errc::cancelled, "cancelled");
    const auto response = http->send(linkie_request(login, options_.credentials, command));
    sent_ = http->sent();
    if (!response) return tl::unexpected(response.error());
    auto reply = read_linkie(*response);
    if (pin_.empty() && reply) {
        pin_ = http->certificate_sha256();
        const std::lock_guard lock(mutex_);
        client_.reset();  // the next connection is held against the pin
    }
    return reply;
}

net::HttpClient* LocalControl::client() {
    const std::lock_guard lock(mutex_);
    if (stop_.stop_requested()) return nullptr;
    if (!client_) {
        net::HttpOptions http;
        http.host = options_.host;
        http.port = options_.port;
        http.tls = net::Tls::device;
        http.certificate_sha256 = pin_;
        http.reply_timeout = std::chrono::seconds(5);
        http.max_body = 64U << 10;
        client_ = deps_.http(http);
    }
    return client_.get();
}

bool LocalControl::pause() {
    if (deps_.wait) return deps_.wait(kBetweenForms, stop_);
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop_, kBetweenForms, [] { return false; });
    return !stop_.stop_requested();
}

void LocalControl::cancel() {
    const std::lock_guard lock(mutex_);
    if (client_) client_->cancel();
}

}  // namespace tplink::kasa
