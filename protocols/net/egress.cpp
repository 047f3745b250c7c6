#include "protocols/net/egress.hpp"

#include <arpa/inet.h>

namespace tplink::net {
namespace {

constexpr std::size_t kMaxHosts = 64;  // redirects are allow-listed; more than a few hosts means somebody invents them

std::size_t size_of(const std::vector<Header>& headers) {
    std::size_t size = 0;
    for (const auto& [name, value] : headers) size += name.size() + value.size() + 4;
    return size;
}

}  // namespace

bool is_at_home(const std::string& host) {
    in_addr address{};
    if (::inet_pton(AF_INET, host.c_str(), &address) == 1) {
        const std::uint32_t ip = ntohl(address.s_addr);
        return ip >> 24U == 127 || ip >> 24U == 10 || ip >> 20U == 0xAC1 || ip >> 16U == 0xC0A8 || ip >> 16U == 0xA9FE || ip >> 22U == 0x191;
    }
    if (host.find(':') != std::string::npos) return host == "::1" || host.starts_with("fe80") || host.starts_with("fd");
    return host.find('.') == std::string::npos || host.ends_with(".local");
}

class EgressGuard::Guarded final : public HttpClient {
public:
    Guarded(EgressGuard& guard, const HttpOptions& options, std::string purpose, Door door)
        : guard_(guard), options_(options), purpose_(std::move(purpose)), door_(door) {
        guard_.enter(this);
    }
    ~Guarded() override { guard_.leave(this); }

    Result<HttpResponse> send(const HttpRequest& request) override {
        sent_ = false;
        if (!guard_.is_open(door_, options_.host)) {
            ++guard_.refused_;
            return fail(Errc::cloud_disabled, guard_.why_not());
        }
        const auto inner = open();
        if (!inner) return fail(Errc::cancelled, "cancelled");
        auto response = inner->send(request);
        sent_ = inner->sent();
        if (door_ == Door::user && is_at_home(options_.host)) return response;
        guard_.record(options_, purpose_, request, response, sent_);
        if (guard_.changed_) guard_.changed_();
        if (!response && !guard_.is_open(door_, options_.host)) return fail(Errc::cloud_disabled, guard_.why_not());
        return response;
    }

    void cancel() override {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
        if (inner_) inner_->cancel();
    }

    /// The gate was closed: the connection goes, but a gate opened again finds a usable client.
    void shut() {
        const std::lock_guard lock(mutex_);
        if (inner_) inner_->cancel();
        inner_.reset();
    }

    bool sent() const override { return sent_; }
    std::string certificate_sha256() const override {
        const std::lock_guard lock(mutex_);
        return inner_ ? inner_->certificate_sha256() : "";
    }

private:
    std::shared_ptr<HttpClient> open() {
        const std::lock_guard lock(mutex_);
        if (cancelled_) return nullptr;
        if (!inner_) inner_ = guard_.real_(options_);
        return inner_;
    }

    EgressGuard& guard_;
    const HttpOptions options_;
    const std::string purpose_;
    const Door door_;
    mutable std::mutex mutex_;
    std::shared_ptr<HttpClient> inner_;
    bool cancelled_ = false;
    bool sent_ = false;
};

void EgressGuard::allow(bool allowed, std::string why_not) {
    const std::lock_guard lock(mutex_);
    allowed_ = allowed;
    if (!why_not.empty()) why_not_ = std::move(why_not);
    if (allowed) return;
    for (Guarded* client : clients_) client->shut();
}

std::string EgressGuard::why_not() const {
    const std::lock_guard lock(mutex_);
    return why_not_;
}

void EgressGuard::forbid_outside(bool forbidden) { outside_forbidden_ = forbidden; }

bool EgressGuard::is_open(Door door, const std::string& host) const {
    if (door == Door::user) return !outside_forbidden_ || is_at_home(host);
    return allowed_ && !outside_forbidden_;
}

std::unique_ptr<HttpClient> EgressGuard::client(const HttpOptions& options, std::string purpose, Door door) {
    return std::make_unique<Guarded>(*this, options, std::move(purpose), door);
}

std::vector<EgressRecord> EgressGuard::ledger() const {
    const std::lock_guard lock(mutex_);
    std::vector<EgressRecord> all;
    for (const auto& [where, record] : records_) all.push_back(record);
    return all;
}

void EgressGuard::enter(Guarded* client) {
    const std::lock_guard lock(mutex_);
    clients_.insert(client);
}

void EgressGuard::leave(Guarded* client) {
    const std::lock_guard lock(mutex_);
    clients_.erase(client);
}

void EgressGuard::record(const HttpOptions& options, const std::string& purpose, const HttpRequest& request,
                         const Result<HttpResponse>& response, bool sent) {
    const std::lock_guard lock(mutex_);
    const std::pair where{options.host, options.port};
    if (!records_.contains(where) && records_.size() >= kMaxHosts) return;
    EgressRecord& entry = records_[where];
    entry.host = options.host;
    entry.port = options.port;
    entry.purpose = purpose;
    entry.last_path = request.path.substr(0, request.path.find('?'));
    entry.last = clock_.wall();
    if (entry.first == WallTime{}) entry.first = entry.last;
    if (sent) {
        ++entry.requests;
        entry.bytes_sent += request.path.size() + request.body.size() + size_of(request.headers);
    }
    entry.last_error.clear();
    if (response) {
        entry.bytes_received += response->body.size() + size_of(response->headers);
    } else {
        ++entry.failures;
        entry.last_error = response.error().what;
    }
}

}  // namespace tplink::net
