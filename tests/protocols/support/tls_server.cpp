#include "tests/protocols/support/tls_server.hpp"

#include <chrono>
#include <httplib.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <thread>

#include "protocols/base/bytes.hpp"

namespace tplink::test {

struct Identity {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, EVP_PKEY_free};
    std::unique_ptr<X509, decltype(&X509_free)> certificate{nullptr, X509_free};
};

std::shared_ptr<Identity> make_identity(int rsa_bits, bool sha1) {
    auto identity = std::make_shared<Identity>();
    identity->key.reset(EVP_RSA_gen(static_cast<unsigned>(rsa_bits)));
    X509* certificate = X509_new();
    identity->certificate.reset(certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, identity->key.get());
    X509_NAME* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("TPRI-DEVICE"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_EXTENSION* address = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(certificate, address, -1);
    X509_EXTENSION_free(address);
    X509_sign(certificate, identity->key.get(), sha1 ? EVP_sha1() : EVP_sha256());
    return identity;
}

std::string sha256_of(const Identity& identity) {
    unsigned char digest[32];
    unsigned size = 0;
    X509_digest(identity.certificate.get(), EVP_sha256(), digest, &size);
    return hex_lower(std::as_bytes(std::span(digest, size)));
}

std::string pem_of(const Identity& identity) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, identity.certificate.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
}

std::string key_pem_of(const Identity& identity, const char* passphrase) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, identity.key.get(), passphrase != nullptr ? EVP_aes_256_cbc() : nullptr, nullptr, 0, nullptr,
                                  const_cast<char*>(passphrase));
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
}

struct TlsServer::State {
    State(std::shared_ptr<Identity> given, const char* ciphers, int min_version, int max_version)
        : identity(std::move(given)), server([&](SSL_CTX& context) {
              // The list first: its security level decides which certificates may be shown.
              return SSL_CTX_set_cipher_list(&context, ciphers) == 1 &&
                     SSL_CTX_use_certificate(&context, identity->certificate.get()) == 1 &&
                     SSL_CTX_use_PrivateKey(&context, identity->key.get()) == 1 &&
                     SSL_CTX_set_min_proto_version(&context, min_version) == 1 &&
                     SSL_CTX_set_max_proto_version(&context, max_version) == 1;
          }) {}
    std::shared_ptr<Identity> identity;
    httplib::SSLServer server;
    int port = 0;
    std::thread listener;
};

TlsServer::TlsServer(std::shared_ptr<Identity> identity, const char* ciphers, int min_version,
                     int max_version)
    : state_(std::make_unique<State>(std::move(identity), ciphers, min_version, max_version)) {
    httplib::Server& server = state_->server;
    server.Post(".*", [](const httplib::Request& request, httplib::Response& response) {
        response.set_content(request.body, "application/json");
    });
    server.set_keep_alive_timeout(1);
    state_->port = server.bind_to_any_port("127.0.0.1");
    state_->listener = std::thread([&server] { server.listen_after_bind(); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!server.is_running() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
}

TlsServer::~TlsServer() {
    state_->server.stop();
    state_->listener.join();
}

int TlsServer::port() const { return state_->port; }

} // namespace tplink::test
