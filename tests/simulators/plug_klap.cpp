#include "tests/simulators/plug_klap.hpp"

#include <array>
#include <boost/json.hpp>
#include <charconv>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::size_t kSeed = 16;
constexpr std::size_t kSignature = 32;

HttpReply plain_status(int status) { return {.status = status, .content_type = "text/html"}; }

std::array<std::byte, 4> be32(std::uint32_t value) {
    std::array<std::byte, 4> out{};
    store_be32(out, value);
    return out;
}

Buffer klap_iv(const KlapKeys& keys, std::uint32_t seq) { return concat({keys.iv12, be32(seq)}); }

Buffer signature(const KlapKeys& keys, std::uint32_t seq, Bytes cipher) {
    return sha256(concat({keys.sig, be32(seq), cipher}));
}

std::optional<std::uint32_t> parse_seq(const std::string& text) {
    std::int32_t seq = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return static_cast<std::uint32_t>(seq);
}

} // namespace

KlapKeys derive_klap_keys(Bytes local_seed, Bytes remote_seed, Bytes auth_hash) {
    const auto derived = [&](std::string_view label) {
        return sha256(concat({as_bytes(label), local_seed, remote_seed, auth_hash}));
    };
    const Buffer iv = derived("iv");
    return {.key = to_buffer(Bytes(derived("lsk")).first(16)),
            .iv12 = to_buffer(Bytes(iv).first(12)),
            .sig = to_buffer(Bytes(derived("ldk")).first(28)),
            .seq = load_be32(std::span<const std::byte, 4>(iv.data() + 28, 4))};
}

Buffer klap_auth_hash(int version, std::string_view username, std::string_view password) {
    if (version == 1) return md5(concat({md5(as_bytes(username)), md5(as_bytes(password))}));
    return sha256(concat({sha1(as_bytes(username)), sha1(as_bytes(password))}));
}

Buffer klap_seal(const KlapKeys& keys, std::uint32_t seq, Bytes plain) {
    const Buffer cipher = aes_cbc_encrypt(keys.key, klap_iv(keys, seq), plain);
    return concat({signature(keys, seq, cipher), cipher});
}

std::optional<Buffer> klap_open(const KlapKeys& keys, std::uint32_t seq, Bytes body) {
    if (body.size() < kSignature) return std::nullopt;
    const Bytes cipher = body.subspan(kSignature);
    if (!equal_constant_time(body.first(kSignature), signature(keys, seq, cipher))) return std::nullopt;
    return aes_cbc_decrypt(keys.key, klap_iv(keys, seq), cipher);
}

PlugKlap::PlugKlap(PlugKlapOptions options)
    : Plug(options), klap_options_(std::move(options)),
      auth_hash_(klap_auth_hash(klap_options_.version, klap_options_.username, klap_options_.password)),
      sessions_(klap_options_.max_sessions) {}

json::object PlugKlap::scheme() const {
    json::object out{{"encrypt_type", "KLAP"}};
    if (klap_options_.version == 2) out["lv"] = 2;
    if (klap_options_.new_klap) out["new_klap"] = 1;
    return out;
}

HttpReply PlugKlap::handle(const HttpRequest& request) {
    if (request.method != "POST") return plain_status(404);
    if (request.path() == "/app/handshake1") return handshake1(request);
    if (request.path() == "/app/handshake2") return handshake2(request);
    if (request.path() == "/app/request") return run_request(request);
    if (request.path() == "/app")
        return {.body = R"({"error_code":1003})"}; // somebody tries the older transport
    return plain_status(404);
}

HttpReply PlugKlap::handshake1(const HttpRequest& request) {
    if (klap_options_.third_party_off) return plain_status(403);
    if (request.body.size() != kSeed) return plain_status(400);
    ++login_attempts_;
    Session session;
    session.ends = world().now() + klap_options_.session_life;
    session.local_seed = to_buffer(request.body);
    session.remote_seed = world().random(kSeed);
    const Buffer proof =
        sha256(klap_options_.version == 1 ? concat({session.local_seed, auth_hash_})
                                          : concat({session.local_seed, session.remote_seed, auth_hash_}));
    const Buffer body = concat({session.remote_seed, proof});
    const std::string id = hex_upper(world().random(16));
    {
        const std::lock_guard lock(mutex_);
        issued(id);
        sessions_.add(id, std::move(session));
    }
    HttpReply reply{.body = std::string(as_text(body)), .content_type = "text/html"};
    reply.headers.emplace_back("Set-Cookie", "TP_SESSIONID=" + id + ";TIMEOUT=86400");
    return reply;
}

HttpReply PlugKlap::handshake2(const HttpRequest& request) {
    const std::string id = cookie(request, "TP_SESSIONID");
    if (id.empty()) return plain_status(400);
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find(id, world().now());
    if (!session) return plain_status(400);
    const Buffer expected =
        sha256(klap_options_.version == 1 ? concat({session->remote_seed, auth_hash_})
                                          : concat({session->remote_seed, session->local_seed, auth_hash_}));
    if (!equal_constant_time(as_bytes(request.body), expected)) {
        ++login_failures_;
        sessions_.erase(id);
        return plain_status(403);
    }
    session->proven = true;
    session->keys = derive_klap_keys(session->local_seed, session->remote_seed, auth_hash_);
    issued(hex_lower(session->keys.key));
    session->last_seq = session->keys.seq;
    return {.content_type = "text/html"};
}

std::optional<std::pair<KlapKeys, Buffer>> PlugKlap::open_request(const HttpRequest& request,
                                                                  std::uint32_t seq) {
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find(cookie(request, "TP_SESSIONID"), world().now());
    if (!session || !session->proven) return std::nullopt;
    const std::uint32_t ahead = seq - session->last_seq; // wraps as the signed counter does
    if (ahead == 0 || ahead > klap_options_.seq_window) {
        ++repeated_seqs_;
        return std::nullopt;
    }
    auto plain = klap_open(session->keys, seq, as_bytes(request.body));
    if (!plain) {
        ++bad_signatures_;
        return std::nullopt;
    }
    session->last_seq = seq; // taken before it runs: a repeat of this request finds it used up
    return std::pair{session->keys, std::move(*plain)};
}

/// Marks the session; true: it was marked before.
bool PlugKlap::used_up(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    Session* session = sessions_.find(cookie(request, "TP_SESSIONID"), world().now());
    return session && std::exchange(session->used, true);
}

HttpReply PlugKlap::run_request(const HttpRequest& request) {
    const auto seq = parse_seq(request.query("seq"));
    if (!seq) return plain_status(400);
    if (klap_options_.one_request_sessions && used_up(request))
        return {.body = std::string(as_text(random_bytes(48))), .content_type = "application/octet-stream"};
    const auto opened = open_request(request, *seq);
    if (!opened) return plain_status(403);
    HttpReply reply{.content_type = "application/octet-stream"};
    const std::string answer = run_inner(as_text(opened->second), reply);
    reply.body = as_text(klap_seal(opened->first, *seq, as_bytes(answer)));
    return reply;
}

json::object PlugKlap::own_state() const {
    json::object out = Plug::own_state();
    const std::lock_guard lock(mutex_);
    out["repeated_seqs"] = repeated_seqs_;
    out["bad_signatures"] = bad_signatures_;
    return out;
}

void PlugKlap::expire_sessions() {
    const std::lock_guard lock(mutex_);
    sessions_.end_all(world().now());
}

void PlugKlap::forget_everything() {
    const std::lock_guard lock(mutex_);
    sessions_.clear();
}

std::size_t PlugKlap::session_count() const {
    const std::lock_guard lock(mutex_);
    return sessions_.count(world().now());
}

} // namespace tplink::sim
