#include "protocols/net/tls.hpp"

#include <array>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "protocols/net/tls_socket.hpp"

namespace tplink::net {
namespace {

// Static RSA for old cameras, ECDHE for those of 2025 on, level 0 for TLS 1.0 with SHA-1 signatures: no
// single generation speaks to all. source: camera.md, "HTTP".
constexpr const char* kDeviceCiphers =
    "DEFAULT:AES256-GCM-SHA384:AES256-SHA256:AES128-GCM-SHA256:AES128-SHA256:AES256-SHA:@SECLEVEL=0";

/// Handed to the certificate callback.
struct Peer {
    std::string pinned;
    std::string seen;
    std::string untrusted; ///< why no trusted authority vouches for it
    bool refused = false;
};

/// Replaces the chain check for devices, whose certificates nobody signed: the leaf is known or it is not.
int check_pin(X509_STORE_CTX* store, void* argument) {
    auto& peer = *static_cast<Peer*>(argument);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const X509* leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf == nullptr || X509_digest(leaf, EVP_sha256(), digest.data(), &size) != 1) return 0;
    peer.seen = hex_lower(std::as_bytes(std::span(digest.data(), size)));
    peer.refused = !peer.pinned.empty() && peer.pinned != peer.seen;
    if (peer.refused) X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return peer.refused ? 0 : 1;
}

/// Adds every certificate of `pem` to what the context trusts; false when one cannot be read.
bool trust(SSL_CTX* context, std::string_view pem) {
    if (pem.empty()) return true;
    const MemoryBio text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    int added = 0;
    while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
        const bool good = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate) == 1;
        X509_free(certificate);
        if (!good) return false;
        ++added;
    }
    ERR_clear_error();  // the reader ends with "no start line"
    return added > 0;
}

/// The usual check of the chain, that also keeps who signed a certificate that does not pass.
int check_chain(X509_STORE_CTX* store, void* argument) {
    const int good = X509_verify_cert(store);
    if (good == 1) return good;
    std::array<char, 200> name{};
    if (const X509* leaf = X509_STORE_CTX_get0_cert(store); leaf != nullptr)
        X509_NAME_oneline(X509_get_issuer_name(leaf), name.data(), static_cast<int>(name.size()));
    static_cast<Peer*>(argument)->untrusted =
        std::string(X509_verify_cert_error_string(X509_STORE_CTX_get_error(store))) + "; issuer " + name.data();
    return 0;
}

bool configure(SSL_CTX* context, const TlsSettings& settings, Peer& peer) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // most connections sleep between two polls: 34 KB each
    if (settings.kind == Tls::device) {
        SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
        SSL_CTX_set_cert_verify_callback(context, check_pin, &peer);
        return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
               SSL_CTX_set_cipher_list(context, kDeviceCiphers) == 1;
    }
    SSL_CTX_set_cert_verify_callback(context, check_chain, &peer);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return false;
    if (!settings.ca_file.empty()) return SSL_CTX_load_verify_locations(context, settings.ca_file.c_str(), nullptr) == 1;
    return SSL_CTX_set_default_verify_paths(context) == 1 && trust(context, settings.ca_pem);
}

bool name_peer(SSL* ssl, const std::string& host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1)
        return true; // an address: no SNI
    return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

} // namespace

struct TlsChannel::State {
    int fd = -1;
    SslContext context;
    SslConnection ssl;
    Peer peer;

    /// Runs one OpenSSL call until it is through. Returns its value; 0 for an orderly end.
    template <class Call> Result<int> drive(Call call, Deadline deadline, const CancelEvent& cancel) {
        for (;;) {
            if (cancel.is_set()) return fail(Errc::cancelled, "cancelled");
            ERR_clear_error();
            const int value = call(ssl.get());
            if (value > 0) return value;
            switch (SSL_get_error(ssl.get(), value)) {
            case SSL_ERROR_WANT_READ: TRY_VOID(wait_ready(fd, POLLIN, deadline, cancel)); break;
            case SSL_ERROR_WANT_WRITE: TRY_VOID(wait_ready(fd, POLLOUT, deadline, cancel)); break;
            case SSL_ERROR_ZERO_RETURN: return 0;
            default: return broken();
            }
        }
    }

    Result<int> broken() {
        const unsigned long code = ERR_peek_last_error();
        const int reason = ERR_GET_REASON(code);
        const std::string text = queued_reason();
        if (peer.refused)
            return fail(Errc::certificate_changed,
                        "TLS: the device shows another certificate (" + peer.seen +
                            ") than the one seen first; confirm the change if it was reset or replaced");
        if (!peer.untrusted.empty())
            return fail(Errc::certificate_changed, "TLS: the server's certificate is not trusted (" + peer.untrusted + ")");
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE)
            return fail(Errc::unreachable,
                        "TLS: no cipher in common with the device (handshake_failure alert); "
                        "the password is not the cause");
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return 0;
        return fail(Errc::unreachable, "TLS: " + text);
    }
};

TlsChannel::TlsChannel(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsChannel::TlsChannel(TlsChannel&&) noexcept = default;
TlsChannel& TlsChannel::operator=(TlsChannel&&) noexcept = default;

TlsChannel::~TlsChannel() {
    if (!state_) return;
    SSL_shutdown(
        state_->ssl.get()); // says goodbye if the socket takes it at once; nobody waits for the answer
    ERR_clear_error();
}

Result<TlsChannel> TlsChannel::connect(int fd, const TlsSettings& settings, Deadline deadline,
                                       const CancelEvent& cancel, std::string& seen_sha256) {
    auto state = std::make_unique<State>();
    state->fd = fd;
    state->peer.pinned = ascii_lower(settings.certificate_sha256);
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    if (!state->context || !configure(state->context.get(), settings, state->peer))
        return fail(Errc::unreachable, "TLS cannot be set up: " + queued_reason());
    state->ssl.reset(SSL_new(state->context.get()));
    if (!state->ssl || !use_socket(state->ssl.get(), &state->fd))
        return fail(Errc::unreachable, "TLS cannot be set up: " + queued_reason());
    if (settings.kind == Tls::public_ && !name_peer(state->ssl.get(), settings.host))
        return fail(Errc::unreachable, "TLS: bad host name " + settings.host);
    auto done = state->drive(SSL_connect, deadline, cancel);
    if (!state->peer.seen.empty()) seen_sha256 = state->peer.seen;
    if (done && *done == 0) done = fail(Errc::unreachable, "TLS: the peer closed during the handshake");
    if (!done) return tl::unexpected(std::move(done).error());
    return TlsChannel(std::move(state));
}

Result<std::size_t> TlsChannel::receive_some(std::span<std::byte> out, Deadline deadline,
                                             const CancelEvent& cancel) {
    const int size = static_cast<int>(std::min<std::size_t>(out.size(), 1U << 30));
    const int count =
        TRY(state_->drive([&](SSL* ssl) { return SSL_read(ssl, out.data(), size); }, deadline, cancel));
    return static_cast<std::size_t>(count);
}

Result<void> TlsChannel::send_all(Bytes data, Deadline deadline, const CancelEvent& cancel) {
    while (!data.empty()) {
        const int size = static_cast<int>(std::min<std::size_t>(data.size(), 1U << 30));
        const int count =
            TRY(state_->drive([&](SSL* ssl) { return SSL_write(ssl, data.data(), size); }, deadline, cancel));
        if (count == 0) return fail(Errc::unreachable, "connection lost: the peer closed");
        data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

} // namespace tplink::net
