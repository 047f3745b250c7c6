#include "gateway/onvif/soap.hpp"

#include <algorithm>
#include <ctime>
#include <pugixml.hpp>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

namespace tplink::gateway::onvif {
namespace {

constexpr std::size_t kMaxBytes = 64U << 10, kMaxNodes = 500;
constexpr int kMaxDepth = 24;

std::string_view local(std::string_view name) {
    const auto colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool collect(const pugi::xml_node& parent, int depth, std::vector<SoapRequest::Node>& out) {
    if (depth > kMaxDepth) return false;
    for (const pugi::xml_node& child : parent.children()) {
        if (child.type() != pugi::node_element) continue;
        if (out.size() >= kMaxNodes) return false;
        SoapRequest::Node node{std::string(local(child.name())), child.text().get(), {}};
        for (const pugi::xml_attribute& attribute : child.attributes()) node.attributes.emplace(local(attribute.name()), attribute.value());
        out.push_back(std::move(node));
        if (!collect(child, depth + 1, out)) return false;
    }
    return true;
}

pugi::xml_node child_named(const pugi::xml_node& parent, std::string_view name) {
    for (const pugi::xml_node& child : parent.children())
        if (local(child.name()) == name) return child;
    return {};
}

/// The namespace that the element's prefix stands for.
std::string space_of(const pugi::xml_node& element) {
    const std::string_view name = element.name();
    const auto colon = name.find(':');
    const std::string wanted = colon == std::string_view::npos ? "xmlns" : "xmlns:" + std::string(name.substr(0, colon));
    for (pugi::xml_node at = element; at; at = at.parent())
        if (const auto found = at.attribute(wanted.c_str())) return found.value();
    return {};
}

/// "2026-11-20T10:00:00Z" or with fractions; errors: nothing.
std::optional<std::time_t> parse_time(const std::string& text) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    if (rest == nullptr) return std::nullopt;
    return ::timegm(&parts);
}

}  // namespace

const SoapRequest::Node* SoapRequest::find(std::string_view name) const {
    const auto at = std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.name == name; });
    return at == nodes.end() ? nullptr : &*at;
}

std::string SoapRequest::text(std::string_view name) const {
    const Node* node = find(name);
    return node == nullptr ? std::string() : node->text;
}

Result<SoapRequest> parse_request(std::string_view xml) {
    if (xml.size() > kMaxBytes) return fail(Errc::malformed, "the request is larger than 64 KiB");
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default)) return fail(Errc::malformed, "the request is no XML");
    const pugi::xml_node envelope = child_named(document, "Envelope");
    const pugi::xml_node body = child_named(envelope, "Body");
    pugi::xml_node call;
    for (const pugi::xml_node& child : body.children())
        if (child.type() == pugi::node_element) {
            call = child;
            break;
        }
    if (!call) return fail(Errc::malformed, "the request is no SOAP envelope with a call in its body");
    SoapRequest request{std::string(local(call.name())), space_of(call), {}};
    if (!collect(envelope, 0, request.nodes)) return fail(Errc::malformed, "the request is nested too deep or too long");
    return request;
}

std::string envelope(std::string_view body) {
    return R"(<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope")"
           R"( xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl")"
           R"( xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2")"
           R"( xmlns:wsa5="http://www.w3.org/2005/08/addressing" xmlns:wstop="http://docs.oasis-open.org/wsn/t-1" xmlns:tns1="http://www.onvif.org/ver10/topics")"
           R"( xmlns:ter="http://www.onvif.org/ver10/error" xmlns:xs="http://www.w3.org/2001/XMLSchema"><env:Body>)" +
           std::string(body) + "</env:Body></env:Envelope>";
}

std::string fault(std::string_view code, std::string_view subcode, std::string_view sentence) {
    return envelope("<env:Fault><env:Code><env:Value>env:" + std::string(code) + "</env:Value><env:Subcode><env:Value>" + std::string(subcode) +
                    "</env:Value></env:Subcode></env:Code><env:Reason><env:Text xml:lang=\"en\">" + escaped(sentence) + "</env:Text></env:Reason></env:Fault>");
}

bool UsernameTokens::is_fresh(const std::string& nonce, const std::string& created) {
    const auto made = parse_time(created);
    const auto now = std::chrono::system_clock::to_time_t(clock_.wall());
    if (!made || std::abs(static_cast<long long>(*made) - static_cast<long long>(now)) > std::chrono::seconds(kClockSlack).count()) return false;
    const std::lock_guard lock(mutex_);
    std::erase_if(nonces_, [&](const auto& item) { return clock_.now() - item.second > 2 * kClockSlack; });
    if (nonces_.size() >= kNoncesKept) nonces_.erase(nonces_.begin());
    return nonces_.emplace(nonce + created, clock_.now()).second;
}

bool UsernameTokens::is_shut_for(const std::string& peer) {
    const std::lock_guard lock(mutex_);
    const auto at = failures_.find(peer);
    if (at == failures_.end()) return false;
    if (at->second.until > clock_.now()) return at->second.count >= kFailuresAllowed;
    failures_.erase(at);
    return false;
}

void UsernameTokens::failed(const std::string& peer) {
    const std::lock_guard lock(mutex_);
    if (failures_.size() >= kPeersKept && !failures_.contains(peer)) failures_.erase(failures_.begin());
    Failures& failures = failures_[peer];
    if (failures.count++ == 0) failures.until = clock_.now() + std::chrono::minutes(1);
}

bool UsernameTokens::admits(const SoapRequest& request) {
    if (user_.password.empty()) return true;
    const SoapRequest::Node* password = request.find("Password");
    const std::string nonce = request.text("Nonce"), created = request.text("Created");
    const auto raw = base64_decode(nonce);
    if (password == nullptr || !raw || request.text("Username") != user_.username) return false;
    const std::string digest = base64_encode(crypto::sha1(std::string(as_text(*raw)) + created + user_.password.reveal()));
    // One length for both, so that the comparison tells nothing about the password.
    const bool right = equal_constant_time(crypto::sha256(digest), crypto::sha256(password->text));
    return right && is_fresh(nonce, created);
}

}  // namespace tplink::gateway::onvif
