#include "protocols/onvif/soap.hpp"

#include <algorithm>
#include <pugixml.hpp>

#include "protocols/base/crypto.hpp"
#include "protocols/onvif/xml.hpp"

namespace tplink::onvif {
namespace {

constexpr std::size_t kMaxReply = 1U << 20;  // bytes; the longest seen, 100 notifications, has 80 kB
constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxElements = 20000;

std::string local_name(std::string_view name) {
    const auto colon = name.rfind(':');
    return std::string(colon == std::string_view::npos ? name : name.substr(colon + 1));
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

/// False when the tree is deeper or larger than believed.
bool copy(const pugi::xml_node& node, Element& out, int depth, std::size_t& left) {
    if (depth > kMaxDepth || left == 0) return false;
    --left;
    out.name = local_name(node.name());
    out.text = trimmed(node.text().get());
    for (const pugi::xml_attribute& attribute : node.attributes()) out.attributes.emplace_back(local_name(attribute.name()), attribute.value());
    for (const pugi::xml_node& child : node.children()) {
        if (child.type() != pugi::node_element) continue;
        if (!copy(child, out.children.emplace_back(), depth + 1, left)) return false;
    }
    return true;
}

Error fault_error(const Element& fault) {
    std::string codes;
    std::vector<const Element*> open{&fault};
    while (!open.empty()) {
        const Element* at = open.back();
        open.pop_back();
        if (at->name == "Value") codes += at->text + " ";
        for (const Element& child : at->children) open.push_back(&child);
    }
    const std::string reason(fault.text_of("Text"));
    const bool account = codes.find("NotAuthorized") != std::string::npos || codes.find("FailedAuthentication") != std::string::npos ||
                         codes.find("InvalidSecurity") != std::string::npos;
    return {account ? Errc::auth_failed : Errc::refused, "ONVIF: " + (reason.empty() ? codes : reason).substr(0, 200), 0, {}};
}

}  // namespace

std::string password_digest(Bytes nonce, std::string_view created, std::string_view password) {
    const Buffer all = concat({nonce, as_bytes(created), as_bytes(password)});
    return base64_encode(crypto::sha1(all));
}

std::string security_header(const Credentials& account, Bytes nonce, std::string_view created) {
    if (account.username.empty()) return {};
    constexpr std::string_view kWss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
    const std::string wss(kWss);
    return "<wsse:Security s:mustUnderstand=\"1\" xmlns:wsse=\"" + wss + "wssecurity-secext-1.0.xsd\" xmlns:wsu=\"" + wss +
           "wssecurity-utility-1.0.xsd\"><wsse:UsernameToken><wsse:Username>" + escaped(account.username) +
           "</wsse:Username><wsse:Password Type=\"" + wss + "username-token-profile-1.0#PasswordDigest\">" +
           password_digest(nonce, created, account.password.reveal()) + "</wsse:Password><wsse:Nonce EncodingType=\"" + wss +
           "soap-message-security-1.0#Base64Binary\">" + base64_encode(nonce) + "</wsse:Nonce><wsu:Created>" + std::string(created) +
           "</wsu:Created></wsse:UsernameToken></wsse:Security>";
}

std::string envelope(const Call& call) {
    std::string header = call.security;
    if (!call.action.empty())
        header += "<a:Action s:mustUnderstand=\"1\">" + escaped(call.action) + "</a:Action><a:To s:mustUnderstand=\"1\">" + escaped(call.to) + "</a:To>";
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
           "xmlns:a=\"http://www.w3.org/2005/08/addressing\">" +
           (header.empty() ? std::string() : "<s:Header>" + header + "</s:Header>") + "<s:Body>" + call.body + "</s:Body></s:Envelope>";
}

const Element* Element::find(std::string_view wanted) const {
    for (const Element& child : children) {
        if (child.name == wanted) return &child;
        if (const Element* deeper = child.find(wanted)) return deeper;
    }
    return nullptr;
}

std::vector<const Element*> Element::all(std::string_view wanted) const {
    std::vector<const Element*> out;
    for (const Element& child : children)
        if (child.name == wanted) out.push_back(&child);
    return out;
}

std::string_view Element::attribute(std::string_view wanted) const {
    for (const auto& [name_of, value] : attributes)
        if (name_of == wanted) return value;
    return {};
}

std::string_view Element::text_of(std::string_view wanted) const {
    const Element* found = find(wanted);
    return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<Element> parse_reply(std::string_view xml) {
    if (xml.size() > kMaxReply) return fail(Errc::malformed, "ONVIF: the reply is too long");
    pugi::xml_document document;
    // No declarations or comments, and no entities but the five of XML.
    if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes | pugi::parse_cdata))
        return fail(Errc::malformed, "ONVIF: the reply is no XML");
    Element root;
    std::size_t left = kMaxElements;
    if (!copy(document.document_element(), root, 0, left)) return fail(Errc::malformed, "ONVIF: the reply is too deep");
    if (root.name != "Envelope") return fail(Errc::malformed, "ONVIF: the reply is no SOAP envelope");
    const auto bodies = root.all("Body");
    if (bodies.empty()) return fail(Errc::malformed, "ONVIF: the reply has no body");
    if (const auto faults = bodies.front()->all("Fault"); !faults.empty()) return tl::unexpected(fault_error(*faults.front()));
    return *bodies.front();
}

}  // namespace tplink::onvif
