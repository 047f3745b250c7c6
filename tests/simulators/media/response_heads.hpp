#pragma once
// The texts before the part stream: 401 with its challenge, 200 with Key-Exchange, and what they accept.

#include <string>

#include "tests/simulators/media/camera_state.hpp"
#include "tests/simulators/media/client_input.hpp"

namespace tplink::sim {

std::string unauthorized_head(const MediaServerOptions& options, const std::string& nonce);
std::string ok_head(const MediaServerOptions& options, const MediaFaults& faults,
                    const std::string& media_nonce, const std::string& media_salt);

enum class Authorization { absent, wrong, right };
/// Checks user, realm, nonce, opaque and response; the `uri` is taken as the client gave it.
Authorization check_authorization(const RequestHead& head, const CameraState& camera);

} // namespace tplink::sim
