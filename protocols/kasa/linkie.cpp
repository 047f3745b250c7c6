#include "protocols/kasa/linkie.hpp"

#include <boost/json/serialize.hpp>
#include <iterator>

#include "protocols/base/bytes.hpp"
#include "protocols/base/crypto.hpp"
#include "protocols/kasa/xor.hpp"
#include "protocols/kasa/cloud_codes.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

constexpr std::string_view kUserAgent = "Kasa/1752 CFNetwork/3860.500.112 Darwin/25.4.0";
constexpr std::size_t kMaxAnswer = 64U << 10;
constexpr std::string_view kForms[] = {"md5", "base64", "plain", "admin", "factory"};
constexpr std::string_view kBlank = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

Error device_error(int code, const std::string& context) {
    const std::string_view meaning = device_meaning(code);
    return {device_errc(code), context + ": " + std::string(meaning.empty() ? "the camera declined" : meaning) + " (error " + std::to_string(code) + ")", code, {}};
}

/// A body that is not coded is an error in plain JSON.
Result<json::object> read_plain(std::string_view body) {
    const auto parsed = tapo::parse_object(body);
    const auto code = parsed ? tapo::find_int(*parsed, "err_code") : std::nullopt;
    if (code && *code != 0) return tl::unexpected(device_error(*code, "local control"));
    return fail(Errc::malformed, "local control: the answer is neither coded nor an error");
}

}  // namespace

std::string_view to_string(PasswordForm form) { return kForms[static_cast<std::size_t>(form)]; }

std::string to_text(const LinkieLogin& login) { return std::string(login.second ? "linkie2/" : "linkie/") + std::string(to_string(login.form)); }

std::optional<LinkieLogin> linkie_login_from(std::string_view text) {
    for (const bool second : {true, false})
        for (std::size_t i = 0; i < std::size(kForms); ++i)
            if (const LinkieLogin login{static_cast<PasswordForm>(i), second}; to_text(login) == text) return login;
    return std::nullopt;
}

std::vector<LinkieLogin> linkie_logins(bool fresh) {
    std::vector<LinkieLogin> all{{PasswordForm::md5, true}, {PasswordForm::md5, false},      {PasswordForm::base64, false},
                                 {PasswordForm::plain, true}, {PasswordForm::admin_md5, true}};
    if (fresh) all.push_back({PasswordForm::factory, true});  // never works on a camera that is set up
    return all;
}

std::string linkie_authorization(PasswordForm form, const Credentials& account) {
    const std::string& password = account.password.reveal();
    std::string user = account.username;
    std::string secret;
    switch (form) {
    case PasswordForm::md5: secret = crypto::md5_hex_lower(password); break;
    case PasswordForm::base64: secret = base64_encode(as_bytes(password)); break;
    case PasswordForm::plain: secret = password; break;
    case PasswordForm::admin_md5:
        user = "admin";
        secret = crypto::md5_hex_lower(password);
        break;
    case PasswordForm::factory:
        user = "admin";
        secret = crypto::md5_hex_lower("admin");
        break;
    }
    return "Basic " + base64_encode(as_bytes(user + ":" + secret));
}

std::string linkie_body(std::string_view json_text) { return "content=" + url_encode(base64_encode(xor_encrypt(json_text))); }

net::HttpRequest linkie_request(const LinkieLogin& login, const Credentials& account, const json::object& command) {
    net::HttpRequest request;
    request.path = login.second ? "/data/LINKIE2.json" : "/data/LINKIE.json";
    request.body = linkie_body(json::serialize(command));
    request.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    request.headers = {{"Authorization", linkie_authorization(login.form, account)},
                       {"User-Agent", std::string(kUserAgent)},  // without it some firmware does not answer
                       {"Accept", "*/*"},
                       {"Connection", "keep-alive"}};
    return request;
}

Result<json::object> read_linkie(const net::HttpResponse& response) {
    if (response.status == 401) return fail(Errc::auth_failed, "local control: the camera refuses this user and password");
    if (response.status >= 300 && response.status < 400) return fail(Errc::unsupported, "this firmware has no local control (it redirects elsewhere)");
    if (response.status == 404) return fail(Errc::unsupported, "local control is not under this path");
    std::string_view body = trimmed(response.body);
    if (body.size() > kMaxAnswer) return fail(Errc::malformed, "local control: the answer is too long");
    if (body.starts_with("{")) return read_plain(body);
    if (response.status != 200) return fail(Errc::refused, "local control: HTTP status " + std::to_string(response.status));
    if (body.starts_with("content=")) body.remove_prefix(8);
    std::string text = body.find('%') == body.npos ? std::string(body) : url_decode(body);
    std::erase_if(text, [](char c) { return kBlank.find(c) != kBlank.npos; });
    const auto cipher = base64_decode(text);
    if (!cipher) return fail(Errc::malformed, "local control: the answer is no base64");
    auto parsed = tapo::parse_object(xor_decrypt(*cipher));
    if (!parsed) return fail(Errc::malformed, "local control: the answer does not decode");
    const auto code = tapo::find_int(*parsed, "err_code");
    if (code && *code != 0) return tl::unexpected(device_error(*code, "local control"));
    return parsed;
}

Result<json::value> pick_answer(const json::object& tree, const std::string& module, const std::string& method) {
    const std::string context = module.substr(module.starts_with(kCameraModules) ? kCameraModules.size() : 0) + "." + method;
    const json::object* found = tapo::find_object(tree, module);
    if (found == nullptr) return fail(Errc::malformed, context + ": not in the camera's answer");
    if (const auto code = tapo::find_int(*found, "err_code"); code && *code != 0) return tl::unexpected(device_error(*code, context));
    const json::object* answer = tapo::find_object(*found, method);
    if (answer == nullptr) return fail(Errc::malformed, context + ": not in the camera's answer");
    const auto code = tapo::find_int(*answer, "err_code");
    if (!code) return fail(Errc::refused, context + ": the camera did not take the argument");
    if (*code != 0) return tl::unexpected(device_error(*code, context));
    json::object result = *answer;
    result.erase("err_code");
    return result;
}

}  // namespace tplink::kasa
