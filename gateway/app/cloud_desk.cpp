#include "gateway/app/cloud_desk.hpp"

#include "gateway/app/views.hpp"

namespace tplink::gateway {
namespace {

constexpr const char* kSession = "cloud_session";  // in the state store: tokens, terminal, counters; no password

std::string reason_of(const Config& config) {
    if (config.local_only) return "local_only is true, so nothing leaves the local network: set it to false and cloud.enabled to true to allow TP-Link's cloud";
    return "cloud.enabled is false: set cloud.enabled: true to allow it";
}

kasa::CloudOptions options_of(const Config& config) {
    kasa::CloudOptions options;
    options.account = {ascii_lower(config.account.username), config.account.password};
    options.url = config.cloud.url;
    options.ca_file = config.cloud.ca_file;
    if (!config.cloud.login_key.access_key.empty()) options.keys.login = {config.cloud.login_key.access_key, config.cloud.login_key.secret};
    if (!config.cloud.passthrough_key.access_key.empty())
        options.keys.passthrough = {config.cloud.passthrough_key.access_key, config.cloud.passthrough_key.secret};
    return options;
}

bool same(const kasa::CloudOptions& a, const kasa::CloudOptions& b) {
    return a.account == b.account && a.url == b.url && a.ca_file == b.ca_file && a.keys == b.keys;
}

}  // namespace

CloudDesk::CloudDesk(StateStore& store, std::function<void()> changed) : store_(store), changed_(std::move(changed)) { guard_.on_change(changed_); }

void CloudDesk::configure(const Config& config) {
    kasa::CloudOptions options = options_of(config);
    {
        const std::lock_guard lock(mutex_);
        if (!account_ || !same(options, options_)) {
            kasa::CloudDeps deps{guard_};
            deps.load = [this] { return store_.kept(kSession); };
            deps.save = [this](const std::string& text) { store_.put_text(kSession, text); };
            deps.changed = changed_;
            account_ = std::make_shared<kasa::CloudAccount>(options, std::move(deps));
            options_ = std::move(options);
        }
    }
    guard_.forbid_outside(config.local_only);
    guard_.allow(config.cloud.enabled && !config.local_only, reason_of(config));
    changed_();
}

void CloudDesk::close() {
    stop_.request_stop();
    guard_.allow(false, "the gateway is stopping");
}

std::shared_ptr<kasa::CloudAccount> CloudDesk::account() const {
    const std::lock_guard lock(mutex_);
    return account_;
}

Result<void> CloudDesk::submit_code(const std::string& code) {
    const auto account = this->account();
    if (!account) return fail(Errc::refused, "no login is waiting for a code");
    return account->submit_code(code, stop_.get_token());
}

json::object CloudDesk::status() const {
    const auto account = this->account();
    if (!account) return {{"state", "disabled"}, {"since", nullptr}, {"next_try", nullptr}, {"message", guard_.why_not()}};
    const kasa::CloudStatus status = account->status();
    const auto time = [](WallTime at) { return at == WallTime{} ? json::value(nullptr) : json::value(json::string(iso_time(at))); };
    return {{"state", json::string(kasa::to_string(status.state))},
            {"since", time(status.since)},
            {"next_try", status.next_try ? time(*status.next_try) : json::value(nullptr)},
            {"message", status.message}};
}

json::object CloudDesk::egress() const {
    json::array hosts;
    std::uint64_t requests = 0;
    for (const net::EgressRecord& each : guard_.ledger()) {
        requests += each.requests;
        hosts.push_back(json::object{{"host", each.host},
                                     {"port", each.port},
                                     {"purpose", each.purpose},
                                     {"last_path", each.last_path},
                                     {"first", iso_time(each.first)},
                                     {"last", iso_time(each.last)},
                                     {"requests", each.requests},
                                     {"failures", each.failures},
                                     {"bytes_sent", each.bytes_sent},
                                     {"bytes_received", each.bytes_received},
                                     {"last_error", each.last_error}});
    }
    return {{"allowed", guard_.allowed()},
            {"why_not", guard_.allowed() ? "" : guard_.why_not()},
            {"refused", guard_.refused()},
            {"requests", requests},
            {"hosts", std::move(hosts)}};
}

}  // namespace tplink::gateway
