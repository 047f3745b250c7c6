#include "protocols/net/tls_server.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "protocols/base/secret.hpp"
#include "protocols/net/tls_socket.hpp"

namespace tplink::net {
namespace {

using Fault = TlsIdentity::Fault;
using Certificate = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;

constexpr std::size_t kFileMax = std::size_t{256} * 1024;  // bytes; a chain is a few kB

tl::expected<Secret, std::string> read_file(const std::string& path) {
    std::error_code ec;
    const bool is_file = std::filesystem::is_regular_file(path, ec);  // a pipe would wait, a device never end
    if (ec) return tl::unexpected(path + " cannot be read (" + ec.message() + ")");
    if (!is_file) return tl::unexpected(path + " is no file");
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(kFileMax + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) return tl::unexpected(path + " cannot be read (" + std::strerror(errno) + "); the gateway's user must be allowed to");
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kFileMax) return tl::unexpected(path + " is larger than 256 KiB");
    return Secret(std::move(text));
}

MemoryBio memory(const Secret& text) { return MemoryBio(BIO_new_mem_buf(text.reveal().data(), static_cast<int>(text.reveal().size()))); }

/// No passphrase: it would have to lie beside the key.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

tl::expected<void, Fault> use_chain(SSL_CTX* context, const std::string& path) {
    const auto text = read_file(path);
    if (!text) return tl::unexpected(Fault{false, text.error()});
    const MemoryBio pem = memory(*text);
    const Certificate leaf(PEM_read_bio_X509_AUX(pem.get(), nullptr, nullptr, nullptr));
    if (!leaf) return tl::unexpected(Fault{false, path + " begins with no certificate in PEM form (\"-----BEGIN CERTIFICATE-----\")"});
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return tl::unexpected(Fault{false, path + " holds a certificate that cannot be used (" + queued_reason() + ")"});
    while (X509* next = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr))
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            return tl::unexpected(Fault{false, path + " holds a chain that cannot be used (" + queued_reason() + ")"});
        }
    ERR_clear_error();  // the reader ends with "no start line"
    return {};
}

tl::expected<void, Fault> use_key(SSL_CTX* context, const std::string& path) {
    const auto text = read_file(path);
    if (!text) return tl::unexpected(Fault{true, text.error()});
    bool is_locked = false;
    const PrivateKey key(PEM_read_bio_PrivateKey(memory(*text).get(), nullptr, no_passphrase, &is_locked));
    if (is_locked) return tl::unexpected(Fault{true, path + " is locked with a passphrase; unlock it with: openssl pkey -in KEY -out UNLOCKED"});
    if (!key) return tl::unexpected(Fault{true, path + " holds no private key in PEM form (\"-----BEGIN PRIVATE KEY-----\")"});
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
        return tl::unexpected(Fault{true, path + " is not the key of the certificate; give the two that were made together"});
    return {};
}

bool wait_for(int fd, short events, TlsServerStream::Deadline deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) return false;
        pollfd entry{fd, events, 0};
        const int ready = ::poll(&entry, 1, static_cast<int>(std::min<long long>(left, 60000)));
        if (ready > 0) return true;  // errors and hang-ups too: the next call tells
        if (ready < 0 && errno != EINTR) return false;
    }
}

}  // namespace

struct TlsIdentity::Inside {
    SslContext context;
};

TlsIdentity::TlsIdentity(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
TlsIdentity::~TlsIdentity() = default;

tl::expected<std::shared_ptr<const TlsIdentity>, Fault> TlsIdentity::load(const std::string& certificate_file, const std::string& key_file) {
    ERR_clear_error();
    auto inside = std::make_unique<Inside>();
    inside->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const context = inside->context.get();
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return tl::unexpected(Fault{false, "TLS cannot be set up: " + queued_reason()});
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets do without
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (auto used = use_chain(context, certificate_file); !used) return tl::unexpected(std::move(used).error());
    if (auto used = use_key(context, key_file); !used) return tl::unexpected(std::move(used).error());
    return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::move(inside)));
}

struct TlsServerStream::State {
    int fd = -1;
    SslConnection ssl;
    bool is_broken = false;  // after a failure OpenSSL must not be asked to say goodbye

    /// Runs one OpenSSL call until it is through. Its value; 0 for the end, orderly or not: HTTP knows its lengths.
    template <class Call> Result<int> drive(Call call, Deadline deadline) {
        for (;;) {
            ERR_clear_error();
            const int value = call(ssl.get());
            if (value > 0) return value;
            const int what = SSL_get_error(ssl.get(), value);
            if (what == SSL_ERROR_ZERO_RETURN) return 0;
            if (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE) {
                is_broken = true;
                return fail(Errc::unreachable, "TLS: " + queued_reason());
            }
            if (!wait_for(fd, what == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) return fail(Errc::timeout, "TLS: the client says nothing");
        }
    }
};

TlsServerStream::TlsServerStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServerStream::TlsServerStream(TlsServerStream&&) noexcept = default;
TlsServerStream& TlsServerStream::operator=(TlsServerStream&&) noexcept = default;
TlsServerStream::~TlsServerStream() {
    if (state_) say_goodbye();
}

Result<TlsServerStream> TlsServerStream::accept(int fd, const TlsIdentity& identity, Deadline deadline) {
    auto state = std::make_unique<State>();
    state->fd = fd;
    state->ssl.reset(SSL_new(identity.inside_->context.get()));  // keeps the context, whatever becomes of the identity
    if (!state->ssl || !use_socket(state->ssl.get(), &state->fd)) return fail(Errc::unreachable, "TLS cannot be set up: " + queued_reason());
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return fail(Errc::unreachable, "TLS: the socket cannot be used");
    if (TRY(state->drive(SSL_accept, deadline)) == 0) return fail(Errc::unreachable, "TLS: the client left during the handshake");
    return TlsServerStream(std::move(state));
}

Result<std::size_t> TlsServerStream::read_some(std::span<std::byte> out, Deadline deadline) {
    const int size = static_cast<int>(std::min<std::size_t>(out.size(), 1U << 30));
    return static_cast<std::size_t>(TRY(state_->drive([&](SSL* ssl) { return SSL_read(ssl, out.data(), size); }, deadline)));
}

Result<void> TlsServerStream::write_all(Bytes data, Deadline deadline) {
    while (!data.empty()) {
        const int size = static_cast<int>(std::min<std::size_t>(data.size(), 1U << 30));
        const int count = TRY(state_->drive([&](SSL* ssl) { return SSL_write(ssl, data.data(), size); }, deadline));
        if (count == 0) return fail(Errc::unreachable, "TLS: the client closed");
        data = data.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

bool TlsServerStream::is_open() {
    if (state_->is_broken) return false;
    char byte = 0;
    ERR_clear_error();
    const int got = SSL_peek(state_->ssl.get(), &byte, 1);
    if (got > 0) return true;
    const int what = SSL_get_error(state_->ssl.get(), got);
    ERR_clear_error();
    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) return true;
    state_->is_broken = what != SSL_ERROR_ZERO_RETURN;
    return false;
}

void TlsServerStream::say_goodbye() {
    if (!state_->is_broken && SSL_is_init_finished(state_->ssl.get()) == 1) SSL_shutdown(state_->ssl.get());
    ERR_clear_error();
}

}  // namespace tplink::net
