#include "gateway/app/ladder_opener.hpp"

#include <array>
#include <netdb.h>
#include <stop_token>
#include <sys/socket.h>
#include <utility>

#include "gateway/app/discovery_loop.hpp"
#include "protocols/net/tcp_stream.hpp"
#include "protocols/tapo/following_session.hpp"

namespace tplink::gateway {
namespace {

constexpr int kLoginKeyBits = 1024;  // all that AES plugs accept (source: aes.md, "Handshake")

std::shared_ptr<const crypto::RsaKey> login_key() {
    static const std::shared_ptr<const crypto::RsaKey> key = [] {
        auto made = crypto::RsaKey::generate(kLoginKeyBits);
        return made ? std::make_shared<const crypto::RsaKey>(std::move(*made)) : nullptr;
    }();
    return key;
}

/// Numeric address of `host`: connecting to a name cannot be cancelled. errors: unreachable.
Result<std::string> resolve(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
        return fail(Errc::unreachable, "the name '" + host + "' is not known on this network");
    std::array<char, 64> text{};
    const int bad = ::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    ::freeaddrinfo(found);
    if (bad != 0) return fail(Errc::unreachable, "the name '" + host + "' has no usable address");
    return std::string(text.data());
}

discovery::Family hint_of(Family family) {
    switch (family) {
    case Family::tapo_camera: return discovery::Family::tapo_camera;
    case Family::vigi_camera: return discovery::Family::vigi_camera;
    case Family::tapo_plug: return discovery::Family::tapo_plug;
    case Family::kasa_plug: return discovery::Family::kasa_plug;
    case Family::kasa_camera: return discovery::Family::kasa_camera;
    case Family::automatic: break;
    }
    return discovery::Family::unknown;
}

/// The family whose table fits what answered; the configured one when that cannot tell.
Family family_of(discovery::Family found, Family hint) {
    switch (found) {
    case discovery::Family::tapo_camera: return Family::tapo_camera;
    case discovery::Family::vigi_camera: return Family::vigi_camera;
    case discovery::Family::tapo_plug: return Family::tapo_plug;
    case discovery::Family::kasa_plug: return Family::kasa_plug;
    case discovery::Family::kasa_camera: return Family::kasa_camera;
    case discovery::Family::unknown: break;
    }
    return hint;
}

std::string device_key(const OpenRequest& request) { return request.learned.mac.empty() ? request.host : request.learned.mac; }

/// What was announced by this very device: at one address several may answer on ports of their own.
std::optional<discovery::Found> announced_by(const LadderMemory& memory, const OpenRequest& request, const std::string& address) {
    if (memory.announcements == nullptr) return std::nullopt;
    auto announced = memory.announcements->find(request.learned.mac, address);
    if (announced && request.port != 0 && announced->port != 0 && announced->port != request.port) return std::nullopt;
    return announced;
}

/// Remembers a refused password the moment a device says so, whichever request met it.
class RememberingSession final : public Session {
public:
    /// proves: what it answers shows that the account is right.
    RememberingSession(std::unique_ptr<Session> inner, Refusals& refusals, OpenRequest request, std::optional<discovery::Found> announced, bool proves)
        : inner_(std::move(inner)), refusals_(refusals), request_(std::move(request)), announced_(std::move(announced)), proves_(proves) {}

    Result<Identity> identify() override { return watched(inner_->identify()); }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override { return watched(inner_->query(requests)); }
    Result<json::value> call(const Request& request) override { return watched(inner_->call(request)); }
    std::string_view transport() const override { return inner_->transport(); }
    void cancel() override { inner_->cancel(); }

private:
    template <class T> Result<T> watched(Result<T> result) {
        if (!result) refusals_.put(device_key(request_), request_.credentials, announced_, result.error());
        if (result && std::exchange(proves_, false)) refusals_.accepted(request_.credentials);
        return result;
    }

    std::unique_ptr<Session> inner_;
    Refusals& refusals_;
    const OpenRequest request_;
    const std::optional<discovery::Found> announced_;
    bool proves_;
};

class LadderOpener final : public Opener {
public:
    explicit LadderOpener(LadderMemory memory) : memory_(std::move(memory)) {}
    Result<Opened> open(const OpenRequest& request) override { return climb_ladder(request, memory_, stop_.get_token()).opened; }
    void cancel() override { stop_.request_stop(); }

private:
    LadderMemory memory_;
    std::stop_source stop_;
};

/// What discovery heard decides; unheard, a port that only Kasa cameras have is a reason to ask.
bool looks_like_kasa_camera(const tapo::Target& target, const OpenRequest& request) {
    if (request.family != Family::automatic) return request.family == Family::kasa_camera;
    if (target.announced) return target.announced->family == discovery::Family::kasa_camera;
    return request.state_port != 0 && is_kasa_camera(target.host, request.state_port);
}

tapo::Target target_of(const OpenRequest& request, const std::string& address) {
    tapo::Target target;
    target.family = hint_of(request.family);
    target.host = address;
    target.port = request.port;
    target.credentials = request.credentials;
    target.learned = {request.learned.transport, request.learned.hash_form, request.learned.certificate_sha256, "", request.learned.port};
    return target;
}

Learned learned_from(const tapo::Opened& opened, const OpenRequest& request) {
    Learned learned = request.learned;
    learned.transport = opened.learned.transport;
    learned.hash_form = opened.learned.hash_form;
    learned.certificate_sha256 = opened.learned.certificate_sha256;
    learned.port = opened.learned.port;
    learned.family = family_of(opened.family, request.family);
    return learned;
}

}  // namespace

Climbed climb_ladder(const OpenRequest& request, LadderMemory memory, std::stop_token stop) {
    const auto address = resolve(request.host);
    if (!address) return {tl::unexpected(address.error()), {}};
    tapo::Target target = target_of(request, *address);
    target.announced = announced_by(memory, request, *address);
    if (looks_like_kasa_camera(target, request)) return {open_kasa_camera(request, *address, memory.cloud), {}};
    const std::string key = device_key(request);
    if (memory.refusals != nullptr) {
        if (request.afresh) memory.refusals->forget(key);
        if (auto refusal = memory.refusals->standing(key, request.credentials, target.announced)) return {tl::unexpected(std::move(*refusal)), {}};
        target.account_works = memory.refusals->works(request.credentials);
        target.refused_form = memory.refusals->refused_form(key, request.credentials);
    }
    target.asked_afresh = request.afresh;
    tapo::LadderDeps deps;
    deps.http = memory.http;
    deps.rsa_1024 = login_key();
    deps.stop = std::move(stop);
    deps.wake = wake_device;
    tapo::Opened opened = tapo::open_session(target, deps);
    std::vector<tapo::Attempt> attempts = opened.attempts;
    if (!opened.session) {
        Error error = opened.session.error();
        if (memory.refusals != nullptr) {
            memory.refusals->put(key, request.credentials, target.announced, error, opened.refused_form);
            if (auto standing = memory.refusals->standing(key, request.credentials, target.announced)) error = std::move(*standing);
        }
        return {tl::unexpected(std::move(error)), std::move(attempts)};
    }
    if (opened.family == discovery::Family::kasa_camera)  // it has more ways than the rung
        return {open_kasa_camera(request, *address, memory.cloud), std::move(attempts)};
    Opened out{nullptr, learned_from(opened, request)};
    if (memory.refusals != nullptr && !target.refused_form.empty()) memory.refusals->taken_after_all(key);
    target.asked_afresh = false;  // once
    const auto announced = target.announced;
    const bool proves = out.learned.transport != "xor" && opened.learned.factory_account.empty();
    auto refresh = [memory, request, address = *address](tapo::Target& next) {
        if (auto now = announced_by(memory, request, address)) next.announced = std::move(now);
    };
    out.session = std::make_unique<tapo::FollowingSession>(std::move(target), deps, std::move(opened), std::move(refresh));
    if (memory.refusals != nullptr) out.session = std::make_unique<RememberingSession>(std::move(out.session), *memory.refusals, request, announced, proves);
    return {std::move(out), std::move(attempts)};
}

std::unique_ptr<Opener> make_ladder_opener(LadderMemory memory) { return std::make_unique<LadderOpener>(std::move(memory)); }

bool tcp_probe(const std::string& host, std::uint16_t port) {
    const auto connector = net::make_tcp_connector();
    if (port != 0) return connector->connect(host, port, std::chrono::milliseconds(2000)).has_value();
    for (const std::uint16_t usual : {std::uint16_t{443}, std::uint16_t{80}})
        if (connector->connect(host, usual, std::chrono::milliseconds(1000))) return true;
    return false;
}

}  // namespace tplink::gateway
