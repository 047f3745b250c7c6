#pragma once
// WS-Discovery: a Probe in, ProbeMatches out (onvif.md).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/onvif/camera.hpp"

namespace tplink::gateway::onvif {

struct Probe {
    std::string message_id;
    std::string types, scopes;  ///< as asked; empty: everything
};
/// Nothing when the datagram is no Probe.
std::optional<Probe> parse_probe(std::string_view datagram);

/// True when a camera of ours is what was asked for. Scopes are matched by prefix, as RFC 3986 rules say in short.
bool matches(const Probe& probe, const Camera& camera);

/// "urn:uuid:..." made of the MAC: the same for ever.
std::string endpoint_of(const Camera& camera);

std::string probe_match(const Probe& probe, const Camera& camera, const std::string& xaddr, const std::string& message_id);
/// "Hello" or "Bye".
std::string announcement(std::string_view word, const Camera& camera, const std::string& xaddr, const std::string& message_id);

}  // namespace tplink::gateway::onvif
