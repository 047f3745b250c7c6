#include "tests/simulators/tls.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

struct TlsIdentity::Parts {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, &EVP_PKEY_free};
    std::unique_ptr<X509, decltype(&X509_free)> certificate{nullptr, &X509_free};
};

TlsIdentity::TlsIdentity(unsigned key_bits) : parts_(std::make_unique<Parts>()) {
    parts_->key.reset(EVP_RSA_gen(key_bits));
    parts_->certificate.reset(X509_new());
    X509* const certificate = parts_->certificate.get();
    X509_set_version(certificate, 2);
    // The serial differs from start to start, so two identities never look alike.
    const Buffer serial = random_bytes(4);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate),
                     static_cast<long>(load_be32(std::span<const std::byte, 4>(serial)) & 0x7fffffff));
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 10L * 365 * 86400);
    X509_set_pubkey(certificate, parts_->key.get());
    X509_NAME* const name = X509_get_subject_name(certificate);
    for (const auto& [field, value] : {std::pair{"CN", "TPRI-DEVICE"}, {"O", "TPRI"}, {"C", "US"}})
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(value),
                                   -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    if (X509_sign(certificate, parts_->key.get(), EVP_sha256()) == 0)
        throw std::runtime_error("cannot sign certificate");
}

TlsIdentity::~TlsIdentity() = default;

std::shared_ptr<SSL_CTX> TlsIdentity::server_context(TlsSuites suites) const {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    const char* list = "DEFAULT:@SECLEVEL=0";
    if (suites == TlsSuites::static_rsa_only)
        list = "AES256-GCM-SHA384:AES256-SHA256:AES128-GCM-SHA256:AES128-SHA256:AES256-SHA:@SECLEVEL=0";
    if (suites == TlsSuites::ecdhe_only) list = "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0";
    int version = TLS1_2_VERSION;
    if (suites == TlsSuites::tls10_only) version = TLS1_VERSION;
    if (suites == TlsSuites::tls11_only) version = TLS1_1_VERSION;
    if (version != TLS1_2_VERSION) list = "AES256-SHA:AES128-SHA:@SECLEVEL=0";
    SSL_CTX_set_min_proto_version(context.get(), version);
    if (suites != TlsSuites::any) SSL_CTX_set_max_proto_version(context.get(), version);
    if (SSL_CTX_set_cipher_list(context.get(), list) != 1 ||
        SSL_CTX_use_certificate(context.get(), parts_->certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), parts_->key.get()) != 1)
        throw std::runtime_error("TLS context refused");
    return context;
}

std::string TlsIdentity::fingerprint() const {
    unsigned char* der = nullptr;
    const int size = i2d_X509(parts_->certificate.get(), &der);
    std::string out =
        hex_lower(sha256(std::as_bytes(std::span(der, static_cast<std::size_t>(size < 0 ? 0 : size)))));
    OPENSSL_free(der);
    return out;
}

} // namespace tplink::sim
