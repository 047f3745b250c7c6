#include "gateway/diagnostics/redact.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

namespace json = boost::json;

constexpr std::array kSecretWords = {"password", "passwd", "passcode", "token", "stok", "secret", "setup_code", "setup_payload", "mfi_", "rsa_key",
                                     "private", "cookie", "authorization"};
constexpr std::array kIdentityKeys = {
    "mac",      "mic_mac",   "bssid",     "ssid",        "connect_ssid", "device_id", "deviceid", "dev_id",   "dev_alias",   "hw_id",     "hwid",
    "fw_id",    "fwid",      "oem_id",    "oemid",       "owner",        "nickname",  "alias",    "dev_name", "device_alias", "device_name",
    "latitude", "longitude", "latitude_i", "longitude_i", "ip",           "ipaddr",    "host",     "sn",       "uuid",        "hw_desc",   "barcode",
    "parent_device_id", "original_device_id", "username", "gateway", "dns", "region", "zone_id", "name"};

bool is_secret(const std::string& key) {
    return std::any_of(kSecretWords.begin(), kSecretWords.end(), [&](const char* word) { return key.find(word) != std::string::npos; });
}

/// By hand: std::regex recurses once per character of what a device may make as long as it likes.
std::string mask_tokens(std::string text) {
    constexpr std::string_view kMark = "stok=";
    for (std::size_t at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at)) {
        at += kMark.size();
        text.replace(at, std::min(text.find_first_of("/ ", at), text.size()) - at, "***");
    }
    return text;
}

bool is_identity(const std::string& key) {
    return std::find(kIdentityKeys.begin(), kIdentityKeys.end(), key) != kIdentityKeys.end();
}

}  // namespace

std::string Redactor::pseudonym(const std::string& text, bool mac) {
    const std::string key = mac ? "mac:" + normalize_mac(text).value_or(text) : text;
    const auto at = names_.find(key);
    if (at != names_.end()) return at->second;
    std::array<char, 32> name{};
    if (mac) std::snprintf(name.data(), name.size(), "02-00-00-00-00-%02X", ++macs_ & 255);
    else std::snprintf(name.data(), name.size(), "#MASKED_%d#", ++others_);
    return names_[key] = name.data();
}

json::value Redactor::redact_member(std::string_view key, const json::value& value) {
    const std::string name = ascii_lower(key);
    if (is_secret(name) && !value.is_object() && !value.is_array()) return json::value("***");
    if (!is_identity(name) || value.is_null() || value.is_bool()) return redact(value);
    if (value.is_number()) return json::value(0);
    if (!value.is_string()) return redact(value);
    const std::string text(value.get_string());
    if (text.empty()) return value;
    return json::value(json::string(pseudonym(text, normalize_mac(text).has_value())));
}

json::value Redactor::redact(const json::value& value) {
    if (value.is_object()) {
        json::object out;
        for (const auto& [key, member] : value.get_object()) out[key] = redact_member(key, member);
        return out;
    }
    if (value.is_array()) {
        json::array out;
        for (const json::value& item : value.get_array()) out.push_back(redact(item));
        return out;
    }
    if (value.is_string()) return json::value(json::string(redact_text(std::string(value.get_string()))));
    return value;
}

std::string Redactor::redact_text(const std::string& text) {
    static const std::regex mac("\\b([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\\b");
    static const std::regex address("\\b([0-9]{1,3}\\.){3}[0-9]{1,3}\\b");
    return mask_tokens(replaced(replaced(text, mac, true), address, false));
}

std::string Redactor::replaced(const std::string& text, const std::regex& what, bool mac) {
    std::string out;
    auto begin = text.cbegin();
    for (std::sregex_iterator it(text.begin(), text.end(), what), end; it != end; ++it) {
        out.append(begin, text.cbegin() + it->position());
        out += pseudonym(it->str(), mac);
        begin = text.cbegin() + it->position() + it->length();
    }
    out.append(begin, text.cend());
    return out;
}

}  // namespace tplink::gateway
