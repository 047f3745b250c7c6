#pragma once
// Operation -> body of the answer, for everything but events, which have a memory (event_desk.hpp).

#include <optional>

#include "gateway/onvif/camera.hpp"
#include "gateway/onvif/soap.hpp"

namespace tplink::gateway::onvif {

/// How the client reached us.
struct Here {
    std::string authority;   ///< "192.168.1.5:8746"
    std::uint16_t rtsp_port = 8654;
    WallTime now{};
    std::string host() const;                            ///< without port
    std::string address(std::string_view path) const;    ///< "http://<authority>/onvif/<path>"
};

/// The body; nothing when the operation is not known. errors: refused: the argument names nothing we have (a fault
/// InvalidArgVal); others: the camera failed.
using Body = std::optional<Result<std::string>>;
Body answer(const SoapRequest& request, const Camera& camera, const Here& here, Backend& backend);

/// Calls that need no login: clients set their clock by them.
bool is_public(const SoapRequest& request);

/// What WS-Discovery and GetScopes tell.
std::vector<std::string> scopes_of(const Camera& camera);

}  // namespace tplink::gateway::onvif
