#include "gateway/app/ladder_opener.hpp"

#include <array>
#include <netdb.h>
#include <stop_token>
#include <sys/socket.h>

#include "gateway/app/discovery_loop.hpp"
#include "protocols/net/tcp_stream.hpp"
#include "protocols/tapo/ladder.hpp"

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

class LadderOpener final : public Opener {
public:
    LadderOpener(const Announcements* announcements, CloudOf cloud) : announcements_(announcements), cloud_(std::move(cloud)) {}

    Result<Opened> open(const OpenRequest& request) override {
        tapo::Target target;
        target.family = hint_of(request.family);
        target.host = TRY(resolve(request.host));
        target.port = request.port;
        target.credentials = request.credentials;
        target.learned = {request.learned.transport, request.learned.hash_form, request.learned.certificate_sha256, "", request.learned.port};
        if (announcements_ != nullptr) target.announced = announcements_->find(request.learned.mac, target.host);
        // On one address several devices may answer at ports of their own; what is announced must be this one.
        if (target.announced && request.port != 0 && target.announced->port != 0 && target.announced->port != request.port) target.announced.reset();
        if (request.family == Family::kasa_camera || (request.family == Family::automatic && looks_like_kasa_camera(target, request)))
            return open_kasa_camera(request, target.host, cloud_);
        tapo::LadderDeps deps;
        deps.rsa_1024 = login_key();
        deps.stop = stop_.get_token();
        deps.wake = wake_device;
        tapo::Opened opened = tapo::open_session(target, deps);
        if (!opened.session) return tl::unexpected(opened.session.error());
        if (opened.family == discovery::Family::kasa_camera) return open_kasa_camera(request, target.host, cloud_);  // it has more ways than the rung
        Opened out{std::move(*opened.session), request.learned};
        out.learned.transport = opened.learned.transport;
        out.learned.hash_form = opened.learned.hash_form;
        out.learned.certificate_sha256 = opened.learned.certificate_sha256;
        out.learned.port = opened.learned.port;
        out.learned.family = family_of(opened.family, request.family);
        return out;
    }
    void cancel() override { stop_.request_stop(); }

private:
    /// What discovery heard decides; unheard, a port that only Kasa cameras have is a reason to ask.
    static bool looks_like_kasa_camera(const tapo::Target& target, const OpenRequest& request) {
        if (target.announced) return target.announced->family == discovery::Family::kasa_camera;
        return request.state_port != 0 && is_kasa_camera(target.host, request.state_port);
    }

    const Announcements* announcements_;
    const CloudOf cloud_;
    std::stop_source stop_;
};

}  // namespace

std::unique_ptr<Opener> make_ladder_opener(const Announcements* announcements, CloudOf cloud) {
    return std::make_unique<LadderOpener>(announcements, std::move(cloud));
}

bool tcp_probe(const std::string& host, std::uint16_t port) {
    const auto connector = net::make_tcp_connector();
    if (port != 0) return connector->connect(host, port, std::chrono::milliseconds(2000)).has_value();
    for (const std::uint16_t usual : {std::uint16_t{443}, std::uint16_t{80}})
        if (connector->connect(host, usual, std::chrono::milliseconds(1000))) return true;
    return false;
}

}  // namespace tplink::gateway
