#include "tests/simulators/kasa/cloud.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

/// Which applications the servers know. The same two pairs as in every install of the vendor's apps; see the
/// protocol page.
constexpr auto kKeys = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"4d11b6b9d5ea4d19a829adbb9714b057", "6ed7d97f3e73467f8a5bab90b577ba4c"},
     {"e37525375f8845999bcc56d5e6faa76d", "314bc6700b3140ca80bc655e527cb062"}});

std::string hmac_sha1_hex(std::string_view key, std::string_view text) {
    Buffer out(20);
    unsigned size = 20;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(out.data()), &size);
    return hex_lower(out);
}

std::string text_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// Value of "Name=" in "Timestamp=.., Nonce=.., AccessKey=.., Signature=..".
std::string field_of(std::string_view header, std::string_view name) {
    for (std::size_t at = 0; at < header.size();) {
        const std::size_t end = std::min(header.find(", ", at), header.size());
        const std::string_view field = header.substr(at, end - at);
        if (field.starts_with(name) && field.substr(name.size()).starts_with('='))
            return std::string(field.substr(name.size() + 1));
        at = end + 2;
    }
    return {};
}

json::object flat_error(int code, std::string_view text) { return {{"error_code", code}, {"msg", text}}; }

json::object success(json::object result) { return {{"error_code", 0}, {"result", std::move(result)}}; }

} // namespace

Cloud::Cloud(CloudOptions options)
    : Device(options), tls_(options.address), cloud_options_(std::move(options)) {}

std::vector<std::unique_ptr<Port>> Cloud::make_side_ports() {
    HttpServerOptions http = http_options();
    http.port = cloud_options_.region_port;
    std::vector<std::unique_ptr<Port>> out;
    out.push_back(std::make_unique<HttpServer>(
        std::move(http), [this](const HttpRequest& request) { return answer(request, false); }, faults()));
    return out;
}

std::string Cloud::entry_url() const { return "https://" + options().address + ":" + std::to_string(port()); }

std::string Cloud::region_url() const {
    return "https://" + options().address + ":" +
           std::to_string(side_ports().empty() ? 0 : side_ports().front()->number());
}

bool Cloud::signature_fits(const HttpRequest& request) {
    const std::string* digest = request.header("Content-MD5");
    const std::string* authorization = request.header("X-Authorization");
    if (!digest || !authorization || *digest != base64_encode(md5(as_bytes(request.body)))) return false;
    const std::string access = field_of(*authorization, "AccessKey");
    const std::string text = *digest + "\n" + field_of(*authorization, "Timestamp") + "\n" +
                             field_of(*authorization, "Nonce") + "\n" + std::string(request.path());
    return std::ranges::any_of(kKeys, [&](const auto& key) {
        return key.first == access &&
               hmac_sha1_hex(key.second, text) == field_of(*authorization, "Signature");
    });
}

HttpReply Cloud::answer(const HttpRequest& request, bool at_entry) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    if (html_count_ > 0) {
        --html_count_;
        return {.status = 502, .body = "<html>502 Bad Gateway</html>", .content_type = "text/html"};
    }
    boost::system::error_code error;
    const json::value parsed = json::parse(request.body, error);
    json::object out = flat_error(-10100, "JSON format error");
    if (request.method != "POST") {
        out = flat_error(-10000, "method not allowed");
    } else if (!signature_fits(request)) {
        ++bad_signatures_;
        out = flat_error(-10301, "Signature does not match");
    } else if (!error && parsed.is_object()) {
        out = run(request.path(), request, parsed.get_object(), at_entry);
    }
    return {.body = json::serialize(out)};
}

json::object Cloud::run(std::string_view path, const HttpRequest& request, const json::object& body,
                        bool at_entry) {
    const std::string method = path == "/" ? text_in(body, "method") : std::string(path);
    ++calls_[method];
    if (fail_count_ > 0) {
        --fail_count_;
        return flat_error(fail_code_, "as the test wants it");
    }
    if (method == "/api/v2/account/getAccountStatusAndUrl")
        return success({{"appServerUrl", region_url()}, {"appServerUrlV2", region_url()}, {"status", 1}});
    if (method == "/api/v2/account/login") return log_in(body, at_entry);
    if (method == "/api/v2/account/getEmailVC4TerminalMFA" ||
        method == "/api/v2/account/getPushVC4TerminalMFA")
        return mail_code(body);
    if (method == "/api/v2/account/checkMFACodeAndLogin") return check_code(body);
    if (method == "/api/v2/account/refreshToken") return refresh(body);
    const json::object none;
    const json::value* given = body.if_contains("params");
    const json::object& params =
        path == "/" ? (given && given->is_object() ? given->get_object() : none) : body;
    if (method == "refreshToken") return refresh(params);
    if (const int code = token_code(request); code != 0) return flat_error(code, "token");
    if (method == "getDeviceList" || method == "/api/v2/common/getDeviceListByPage") return device_list();
    if (method == "passthrough" || method == "/api/v2/common/passthrough") return passthrough(params);
    return flat_error(-20103, "method does not exist");
}

json::object Cloud::failure(int code, std::string_view text, json::object more) const {
    if (!cloud_options_.nests_errors) {
        json::object out = flat_error(code, text);
        if (!more.empty()) out["result"] = std::move(more);
        return out;
    }
    more["errorCode"] = std::to_string(code);
    more["errorMsg"] = text;
    return success(std::move(more));
}

/// As apps send it, whatever the user typed.
std::string Cloud::mail() const { return ascii_lower(options().username); }

bool Cloud::password_fits(const json::object& body) const {
    return text_in(body, "cloudUserName") == mail() &&
           text_in(body, "cloudPassword") == options().password;
}

json::object Cloud::log_in(const json::object& body, bool at_entry) {
    ++login_attempts_;
    if (locked_) return failure(-20661, "Account locked");
    if (at_entry && !cloud_options_.foreign_redirect.empty())
        return failure(-20212, "other region", {{"appServerUrl", cloud_options_.foreign_redirect}});
    if (at_entry && cloud_options_.entry_redirects)
        return failure(-20212, "other region", {{"appServerUrl", region_url()}});
    if (text_in(body, "cloudUserName") != mail()) {
        ++login_failures_;
        return failure(-20600, "Account not found");
    }
    if (!password_fits(body)) {
        ++login_failures_;
        locked_ = ++wrong_ >= cloud_options_.max_attempts;
        return failure(-20601, "Incorrect email or password");
    }
    wrong_ = 0;
    const std::string terminal = text_in(body, "terminalUUID");
    if (cloud_options_.mfa && !trusted_[terminal]) {
        mfa_process_ = hex_lower(world().random(16));
        mfa_terminal_ = terminal;
        return failure(-20677, "second factor",
                       {{"MFAProcessId", mfa_process_}, {"supportedMFATypes", json::array{1, 2}}});
    }
    json::object out = grant(terminal);
    const json::value* wants = body.if_contains("refreshTokenNeeded");
    if (!wants || *wants != true) out["result"].as_object().erase("refreshToken");
    return out;
}

json::object Cloud::grant(const std::string& terminal) {
    const std::string token = "sim-" + hex_lower(world().random(12));
    const std::string renewal = "R-" + hex_lower(world().random(12));
    tokens_[token] = {.ends = world().now() + cloud_options_.token_life, .terminal = terminal};
    refresh_tokens_[renewal] = terminal;
    return success({{"accountId", "1234567"},
                    {"regTime", "2021-03-04 05:06:07"},
                    {"countryCode", "GB"},
                    {"email", options().username},
                    {"token", token},
                    {"refreshToken", renewal},
                    {"appServerUrl", region_url()},
                    {"appServerUrlV2", region_url()}});
}

json::object Cloud::mail_code(const json::object& body) {
    if (!password_fits(body)) return failure(-20601, "Incorrect email or password");
    if (++codes_mailed_ > 10) return failure(-21001, "too many codes");
    mfa_terminal_ = text_in(body, "terminalUUID");
    code_ = std::to_string(100000 + load_be16(Bytes(world().random(2)).first<2>()));
    return success({});
}

json::object Cloud::check_code(const json::object& body) {
    const bool fits = !code_.empty() && text_in(body, "code") == code_ &&
                      text_in(body, "MFAProcessId") == mfa_process_ &&
                      text_in(body, "cloudUserName") == mail();
    if (!fits) return failure(-20607, "verification code error");
    code_.clear();
    const json::value* bind = body.if_contains("terminalBindEnabled");
    if (bind && *bind == true) trusted_[mfa_terminal_] = true;
    return grant(mfa_terminal_);
}

json::object Cloud::refresh(const json::object& body) {
    const auto found = refresh_tokens_.find(text_in(body, "refreshToken"));
    if (found == refresh_tokens_.end()) return flat_error(-20656, "refresh token incorrect");
    const std::string terminal = found->second;
    const std::string kept = found->first;
    json::object out = grant(terminal);
    if (cloud_options_.rotates_refresh) {
        refresh_tokens_.erase(kept);
    } else {
        refresh_tokens_.erase(text_in(out.at("result").as_object(), "refreshToken"));
        out["result"].as_object().erase("refreshToken");
    }
    return out;
}

int Cloud::token_code(const HttpRequest& request) {
    const auto found = tokens_.find(url_decode(request.query("token")));
    if (found == tokens_.end()) return -20652;
    if (found->second.squeezed) return -20675;
    return found->second.ends <= world().now() ? -20651 : 0;
}

json::object Cloud::device_list() const {
    json::array list;
    for (const CloudCamera& camera : cameras_)
        list.push_back(json::object{{"deviceId", camera.device_id},
                                    {"alias", base64_encode(as_bytes(camera.alias))},
                                    {"deviceModel", camera.model},
                                    {"deviceType", "IOT.IPCAMERA"},
                                    {"deviceMac", normalize_mac(camera.mac).value_or("")},
                                    {"status", 1},
                                    {"role", 0},
                                    {"isSameRegion", true},
                                    {"appServerUrl", region_url()},
                                    {"appServerUrlV2", region_url()}});
    return success({{"totalNum", list.size()}, {"deviceList", list}});
}

json::object Cloud::passthrough(const json::object& params) {
    const std::string id = text_in(params, "deviceId");
    const auto camera = std::ranges::find(cameras_, id, &CloudCamera::device_id);
    if (camera == cameras_.end()) return flat_error(-20501, "device id not found");
    boost::system::error_code error;
    const json::value request = json::parse(text_in(params, "requestData"), error);
    if (error || !request.is_object()) return flat_error(-20107, "parameter invalid");
    const auto answered = camera->ask(request.get_object());
    if (!answered) return flat_error(-20571, "Device is offline");
    ++passthroughs_;
    if (cloud_options_.object_answers) return success({{"responseData", *answered}});
    return success({{"responseData", json::serialize(*answered)}});
}

Result<void> Cloud::set_state(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : changes) { // first look, then act: a refused change changes nothing
        const bool known = key == "mfa" || key == "token_squeezed" || key == "locked" ||
                                   key == "entry_redirects" || key == "nests_errors" ||
                                   key == "object_answers"
                               ? value.is_bool()
                           : key == "foreign_redirect" ? value.is_string()
                           : key == "http_502"         ? value.is_int64()
                           : key == "fail_next" ? value.is_object() && value.get_object().contains("code") &&
                                                      value.get_object().contains("count")
                                                : false;
        if (!known) return fail(Errc::refused, std::string(key) + ": unknown, or of another type");
    }
    const auto flag = [&](std::string_view key, bool& target) {
        if (const json::value* value = changes.if_contains(key)) target = value->get_bool();
    };
    flag("mfa", cloud_options_.mfa);
    flag("locked", locked_);
    flag("entry_redirects", cloud_options_.entry_redirects);
    flag("nests_errors", cloud_options_.nests_errors);
    flag("object_answers", cloud_options_.object_answers);
    if (const json::value* value = changes.if_contains("token_squeezed"); value && value->get_bool())
        for (auto& [token, entry] : tokens_) entry.squeezed = true;
    if (const json::value* value = changes.if_contains("foreign_redirect"))
        cloud_options_.foreign_redirect = value->get_string();
    if (const json::value* value = changes.if_contains("http_502"))
        html_count_ = static_cast<int>(value->get_int64());
    if (const json::value* value = changes.if_contains("fail_next")) {
        fail_code_ = value->at("code").to_number<int>();
        fail_count_ = value->at("count").to_number<int>();
    }
    return {};
}

void Cloud::expire_sessions() {
    const std::lock_guard lock(mutex_);
    for (auto& [token, entry] : tokens_) entry.ends = world().now();
}

std::string Cloud::mailed_code() const {
    const std::lock_guard lock(mutex_);
    return code_;
}

json::object Cloud::own_state() const {
    const std::lock_guard lock(mutex_);
    json::object calls;
    for (const auto& [name, count] : calls_) calls[name] = count;
    json::array secrets;
    for (const auto& [token, entry] : tokens_) secrets.push_back(json::string(token));
    for (const auto& [token, terminal] : refresh_tokens_) secrets.push_back(json::string(token));
    return {{"model", "cloud"},
            {"secrets", std::move(secrets)},
            {"entry_url", entry_url()},
            {"region_url", region_url()},
            {"ca_pem", authority_pem()},
            {"calls", calls},
            {"tokens", tokens_.size()},
            {"bad_signatures", bad_signatures_},
            {"passthroughs", passthroughs_},
            {"codes_mailed", codes_mailed_},
            {"mailed_code", code_},
            {"locked", locked_}};
}

} // namespace tplink::sim
