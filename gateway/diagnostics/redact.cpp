#include "gateway/diagnostics/redact.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"

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

constexpr std::size_t kShortestHidden = 4;  // bytes

/// As it stands between quotes: a password with a quote in it must not slip through a JSON text.
std::string in_json(const std::string& text) {
    std::string quoted = json::serialize(json::string(text));
    return quoted.substr(1, quoted.size() - 2);
}

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
    std::array<char, 40> name{};
    if (!key_.empty()) {
        // Locally administered addresses and marks of our own; what was there cannot be computed from them without the key.
        const auto digest = hex_upper(crypto::sha256(key_.reveal() + key));
        if (mac) std::snprintf(name.data(), name.size(), "02-%.2s-%.2s-%.2s-%.2s-%.2s", &digest[0], &digest[2], &digest[4], &digest[6], &digest[8]);
        else std::snprintf(name.data(), name.size(), "#MASKED_%.10s#", digest.c_str());
    } else if (mac) {
        std::snprintf(name.data(), name.size(), "02-00-00-00-00-%02X", ++macs_ & 255);
    } else {
        std::snprintf(name.data(), name.size(), "#MASKED_%d#", ++others_);
    }
    return names_[key] = name.data();
}

void Redactor::hide_secret(const std::string& text) {
    if (text.size() < kShortestHidden) return;
    hidden_[text] = "***";
    hidden_[in_json(text)] = "***";
}

void Redactor::hide_identity(const std::string& text) {
    if (text.size() < kShortestHidden) return;
    hidden_.try_emplace(text, pseudonym(text, false));
    hidden_.try_emplace(in_json(text), pseudonym(text, false));
}

void Redactor::hide_mac(const std::string& mac) {
    const auto plain = normalize_mac(mac);
    if (!plain) return;
    const std::string dashed = pseudonym(*plain, true);
    std::string short_form;
    for (const char c : dashed)
        if (c != '-') short_form.push_back(c);
    hidden_[*plain] = ascii_lower(short_form);
    hidden_[ascii_upper(*plain)] = short_form;
}

json::value Redactor::redact_member(std::string_view key, const json::value& value) {
    const std::string name = ascii_lower(key);
    if (name.ends_with("component_list") || name == "msg_alarm_type") return value;  // their names are words of the protocol, and a replay needs them
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
    std::string out = text;
    for (auto word = hidden_.rbegin(); word != hidden_.rend(); ++word)  // "Hallway camera" before "Hallway"
        for (std::size_t at = out.find(word->first); at != std::string::npos; at = out.find(word->first, at + word->second.size()))
            out.replace(at, word->first.size(), word->second);
    return mask_tokens(without_mails(replaced(replaced(out, mac, true), address, false)));
}

/// By hand like mask_tokens(): from each @ to both sides.
std::string Redactor::without_mails(const std::string& text) {
    constexpr std::string_view kInMail = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-";
    std::string out;
    std::size_t done = 0;
    for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@', at + 1)) {
        std::size_t begin = at;
        while (begin > done && kInMail.find(text[begin - 1]) != std::string_view::npos) --begin;
        const std::size_t end = std::min(text.find_first_not_of(kInMail, at + 1), text.size());
        if (begin == at || end == at + 1) continue;
        out.append(text, done, begin - done);
        out += pseudonym(text.substr(begin, end - begin), false);
        done = end;
        at = end - 1;
    }
    return out.append(text, done);
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
