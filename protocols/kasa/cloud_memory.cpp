#include "protocols/kasa/cloud_memory.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "protocols/base/crypto.hpp"
#include "protocols/tapo/reply.hpp"

namespace tplink::kasa {
namespace {

namespace json = boost::json;
using tapo::find_object;
using tapo::find_text;

constexpr std::size_t kMaxLogins = 16;
constexpr std::size_t kMarkDigits = 6;  // enough to notice a change, too little to guess a password by

constexpr std::string_view kStates[] = {"ok",        "disabled",    "no_account",    "auth_failed", "locked", "mfa_needed", "rate_limited",
                                        "contested", "unreachable", "tls_untrusted", "rejected"};
constexpr std::string_view kLanes[] = {"tapo", "kasa"};

std::int64_t number(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains({key.data(), key.size()});
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool is_terminal(std::string_view text) { return text.size() == 32 && text.find_first_not_of("0123456789ABCDEF") == text.npos; }

void read(CloudMemory& out, const json::object& in) {
    out.account = find_text(in, "account");
    out.mark = find_text(in, "mark");
    for (std::size_t i = 0; i < out.lanes.size(); ++i)
        if (const json::object* lane = find_object(in, kLanes[i]))
            out.lanes[i] = {Secret(std::string(find_text(*lane, "token"))), Secret(std::string(find_text(*lane, "refresh"))), std::string(find_text(*lane, "server"))};
    if (const json::array* logins = tapo::find_array(in, "logins"))
        for (const json::value& each : *logins)
            if (each.is_int64() && out.logins.size() < kMaxLogins) out.logins.push_back(each.get_int64());
    const std::string_view state = find_text(in, "state");
    for (std::size_t i = 0; i < std::size(kStates); ++i)
        if (kStates[i] == state) out.state = static_cast<CloudState>(i);
    out.since = number(in, "since");
    out.until = number(in, "until");
    out.rate_step = static_cast<int>(number(in, "rate_step") % 64);
    out.squeezed_at = number(in, "squeezed_at");
    out.mfa_process = find_text(in, "mfa_process");
    out.mfa_type = number(in, "mfa_type") == 1 ? 1 : 2;
    out.mfa_lane = number(in, "mfa_lane") == 1 ? 1 : 0;
    out.mfa_asked = number(in, "mfa_asked");
}

}  // namespace

std::string_view to_string(CloudState state) { return kStates[static_cast<std::size_t>(state)]; }

std::string CloudMemory::to_text() const {
    json::object out{{"terminal", terminal}, {"account", account},       {"mark", mark},
                     {"state", json::string(to_string(state))},          {"since", since}, {"until", until},
                     {"rate_step", rate_step}, {"squeezed_at", squeezed_at}, {"mfa_process", mfa_process},
                     {"mfa_type", mfa_type}, {"mfa_lane", mfa_lane}, {"mfa_asked", mfa_asked}};
    out["logins"] = json::array(logins.begin(), logins.end());
    for (std::size_t i = 0; i < lanes.size(); ++i)
        out[kLanes[i]] = json::object{{"token", lanes[i].token.reveal()}, {"refresh", lanes[i].refresh.reveal()}, {"server", lanes[i].server}};
    return json::serialize(out);
}

CloudMemory recall(std::string_view text, const Credentials& account, RandomBytes& random) {
    CloudMemory memory;
    const auto parsed = tapo::parse_object(text);
    if (parsed) {
        read(memory, *parsed);
        if (is_terminal(find_text(*parsed, "terminal"))) memory.terminal = find_text(*parsed, "terminal");
    }
    if (memory.terminal.empty()) memory.terminal = hex_upper(random.bytes(16));
    const auto keyed = [&](const std::string& value) { return hex_lower(crypto::hmac_sha256(as_bytes(memory.terminal), as_bytes(value))); };
    const std::string owner = keyed(ascii_lower(account.username));
    const std::string mark = keyed(account.username + '\n' + account.password.reveal()).substr(0, kMarkDigits);
    if (memory.account != owner) {  // the terminal and its count of logins stay, whoever uses it
        CloudMemory fresh;
        fresh.terminal = memory.terminal;
        fresh.logins = memory.logins;
        memory = std::move(fresh);
    } else if (memory.mark != mark && memory.state != CloudState::rate_limited) {
        memory.state = CloudState::ok;
        memory.since = memory.until = 0;
        memory.mfa_process.clear();
    }
    memory.account = owner;
    memory.mark = mark;
    return memory;
}

}  // namespace tplink::kasa
