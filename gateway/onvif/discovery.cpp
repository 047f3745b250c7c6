#include "gateway/onvif/discovery.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

#include "gateway/onvif/answers.hpp"

namespace tplink::gateway::onvif {
namespace {

constexpr std::size_t kMaxDatagram = 8192;
constexpr std::string_view kOpening = R"(<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing")"
                                      R"( xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">)";

std::string about(const Camera& camera, const std::string& xaddr) {
    std::string scopes;
    for (const std::string& scope : scopes_of(camera)) scopes += (scopes.empty() ? "" : " ") + scope;
    return fmt::format("<a:EndpointReference><a:Address>{}</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{}</d:Scopes><d:XAddrs>{}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>",
                       endpoint_of(camera), escaped(scopes), escaped(xaddr));
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

}  // namespace

std::optional<Probe> parse_probe(std::string_view datagram) {
    if (datagram.size() > kMaxDatagram) return std::nullopt;
    const auto request = parse_request(datagram);
    if (!request || request->operation != "Probe") return std::nullopt;
    Probe probe{request->text("MessageID"), request->text("Types"), request->text("Scopes")};
    if (probe.message_id.empty() || probe.message_id.size() > 200) return std::nullopt;
    return probe;
}

bool matches(const Probe& probe, const Camera& camera) {
    for (const std::string& type : words_of(probe.types)) {
        const std::string_view name = std::string_view(type).substr(type.find(':') + 1);  // npos + 1 is 0
        if (name != "NetworkVideoTransmitter" && name != "Device") return false;
    }
    const auto own = scopes_of(camera);
    const auto wanted = words_of(probe.scopes);
    return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& scope) {
        return std::any_of(own.begin(), own.end(), [&](const std::string& one) { return one == scope || one.starts_with(scope.ends_with('/') ? scope : scope + "/"); });
    });
}

std::string endpoint_of(const Camera& camera) { return "urn:uuid:74706c32-6d71-4474-8000-" + camera.mac; }

std::string probe_match(const Probe& probe, const Camera& camera, const std::string& xaddr, const std::string& message_id) {
    return fmt::format("{}<s:Header><a:MessageID>{}</a:MessageID><a:RelatesTo>{}</a:RelatesTo><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>"
                       "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>{}</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>",
                       kOpening, message_id, escaped(probe.message_id), about(camera, xaddr));
}

std::string announcement(std::string_view word, const Camera& camera, const std::string& xaddr, const std::string& message_id) {
    return fmt::format("{0}<s:Header><a:MessageID>{1}</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To><a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{2}</a:Action></s:Header>"
                       "<s:Body><d:{2}>{3}</d:{2}></s:Body></s:Envelope>", kOpening, message_id, word, about(camera, xaddr));
}

}  // namespace tplink::gateway::onvif
