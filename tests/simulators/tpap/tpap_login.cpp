#include "tests/simulators/tpap/tpap_login.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "protocols/base/bytes.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr int kRefused = -2203; // no login under way
constexpr int kBadArguments = -40209;
constexpr int kBlocked = -40404;

json::object code_only(int code) { return {{"error_code", code}}; }

const json::string* text_in(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value ? value->if_string() : nullptr;
}

std::optional<Buffer> base64_in(const json::object& object, std::string_view key) {
    const json::string* text = text_in(object, key);
    if (!text) return std::nullopt;
    return base64_decode(*text);
}

bool list_holds(const json::object& object, std::string_view key, const json::value& wanted) {
    const json::value* list = object.if_contains(key);
    return list && list->is_array() &&
           std::ranges::find(list->get_array(), wanted) != list->get_array().end();
}

} // namespace

TpapLogin::TpapLogin(TpapRules rules, World world)
    : rules_(std::move(rules)), world_(std::move(world)), sessions_(rules_.max_sessions) {}

json::object TpapLogin::answer(const json::object& params) {
    const json::string* step = text_in(params, "sub_method");
    const std::lock_guard lock(mutex_);
    if (blocked_until_ > world_.now()) {
        const auto left = std::chrono::ceil<std::chrono::minutes>(blocked_until_ - world_.now()).count();
        json::object out = code_only(kBlocked);
        if (rules_.tells_attempts)
            out["error_info"] = json::object{
                {"failedAttempts", rules_.max_attempts}, {"remainAttempts", 0}, {"lockedMinute", left}};
        return out;
    }
    if (step && *step == "pake_register") return begin(params);
    if (step && *step == "pake_share") return finish(params);
    return code_only(kBadArguments);
}

json::object TpapLogin::begin(const json::object& params) {
    const auto user_random = base64_in(params, "user_random");
    const json::string* username = text_in(params, "username");
    const json::string* type = text_in(params, "passcode_type");
    if (!user_random || user_random->size() != 32 || !username || !type ||
        !list_holds(params, "cipher_suites", 1) || !list_holds(params, "encryption", "aes_128_ccm"))
        return code_only(kBadArguments);
    if (!rules_.usernames.empty() &&
        std::ranges::find(rules_.usernames, std::string_view(*username)) == rules_.usernames.end())
        return code_only(rules_.unknown_user_code);
    if (*type != rules_.passcode_type) return code_only(kBadArguments);
    const Buffer salt = world_.random(16);
    Login login{.record = make_pake_record(rules_.secret, salt, rules_.iterations),
                .y = world_.random(32),
                .user_random = *user_random,
                .dev_random = world_.random(32)};
    const Buffer share = pake_device_share(login.record, login.y);
    json::object result{{"dev_random", base64_encode(login.dev_random)},
                        {"dev_salt", base64_encode(salt)},
                        {"dev_share", base64_encode(rules_.compressed_share ? compress_point(share) : share)},
                        {"cipher_suites", 1},
                        {"iterations", rules_.iterations},
                        {"encryption", "aes_128_ccm"}};
    if (!rules_.extra_crypt.empty()) result["extra_crypt"] = rules_.extra_crypt;
    login_ = std::move(login);
    return {{"error_code", 0}, {"result", result}};
}

json::object TpapLogin::finish(const json::object& params) {
    const auto login = std::exchange(login_, std::nullopt);
    if (!login) return code_only(kRefused);
    const auto share = base64_in(params, "user_share");
    const auto confirm = base64_in(params, "user_confirm");
    if (!share || !confirm) return code_only(kBadArguments);
    ++attempts_;
    const auto keys =
        pake_finish(login->record, login->y, *share, login->user_random, login->dev_random, rules_.form);
    if (!keys || !equal_constant_time(keys->user_confirm, *confirm)) return refuse_password();
    wrong_ = 0;
    const std::string stok = rules_.make_stok ? rules_.make_stok() : hex_lower(world_.random(16));
    const std::uint32_t start = load_be32(Bytes(world_.random(4)).first<4>());
    last_stok_ = stok;
    sessions_.add(
        stok,
        {.ends = world_.now() + rules_.session_life, .keys = record_keys(keys->shared), .next_seq = start});
    json::object result{{"dev_confirm", base64_encode(keys->dev_confirm)},
                        {"stok", stok},
                        {"start_seq", static_cast<std::int32_t>(start)}};
    if (rules_.tells_life) result["expired"] = rules_.session_life.count();
    return {{"error_code", 0}, {"result", result}};
}

std::string TpapLogin::last_stok() const {
    const std::lock_guard lock(mutex_);
    return last_stok_;
}

json::object TpapLogin::refuse_password() {
    ++failures_;
    ++wrong_;
    json::object out = code_only(rules_.wrong_password_code);
    if (rules_.tells_attempts)
        out["error_info"] =
            json::object{{"failedAttempts", wrong_},
                         {"remainAttempts", std::max(0, rules_.max_attempts - wrong_)},
                         {"lockedMinute", std::chrono::ceil<std::chrono::minutes>(rules_.lockout).count()}};
    if (wrong_ < rules_.max_attempts) return out;
    wrong_ = 0;
    blocked_until_ = world_.now() + rules_.lockout;
    return out;
}

std::optional<TpapLogin::Opened> TpapLogin::open(std::string_view stok, Bytes body) {
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find(stok, world_.now());
    if (!session || body.size() < 4) return std::nullopt;
    const std::uint32_t seq = load_be32(body.first<4>());
    if (seq - session->next_seq >= rules_.seq_window) { // wraps as the counter does
        ++repeated_;
        return std::nullopt;
    }
    auto plain = record_open(session->keys, body);
    if (!plain) return std::nullopt;
    session->next_seq = seq + 1;
    return Opened{.plain = std::move(*plain), .keys = session->keys, .seq = seq};
}

void TpapLogin::expire_all() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world_.now());
}

void TpapLogin::forget_everything() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
    login_.reset();
    blocked_until_ = {};
    wrong_ = 0;
}

std::size_t TpapLogin::session_count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.count(world_.now());
}

std::uint64_t TpapLogin::attempts() const {
    const std::lock_guard lock(mutex_);
    return attempts_;
}

std::uint64_t TpapLogin::failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
}

std::uint64_t TpapLogin::repeated_seqs() const {
    const std::lock_guard lock(mutex_);
    return repeated_;
}

} // namespace tplink::sim
