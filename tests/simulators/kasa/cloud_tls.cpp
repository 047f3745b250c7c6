#include "tests/simulators/kasa/cloud_tls.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key make_key() { return Key(EVP_EC_gen("P-256"), &EVP_PKEY_free); }

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (!extension) throw std::runtime_error("certificate extension refused: " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

/// issuer null: self-signed. alt_name empty: an authority.
Certificate make_certificate(const std::string& name, const Key& key, const Certificate& issuer,
                             const Key& issuer_key, const std::string& alt_name) {
    Certificate out(X509_new(), &X509_free);
    X509_set_version(out.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()),
                     static_cast<long>(load_be32(Bytes(random_bytes(4)).first<4>()) & 0x7fffffffU));
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), 365L * 86400);
    X509_set_pubkey(out.get(), key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const by = issuer ? issuer.get() : out.get();
    X509_set_issuer_name(out.get(), X509_get_subject_name(by));
    add_extension(out.get(), by, NID_basic_constraints, alt_name.empty() ? "critical,CA:TRUE" : "CA:FALSE");
    if (alt_name.empty()) add_extension(out.get(), by, NID_key_usage, "critical,keyCertSign");
    if (!alt_name.empty()) add_extension(out.get(), by, NID_subject_alt_name, alt_name);
    if (X509_sign(out.get(), (issuer ? issuer_key : key).get(), EVP_sha256()) == 0)
        throw std::runtime_error("cannot sign certificate");
    return out;
}

} // namespace

struct CloudTls::Parts {
    Key root_key = make_key();
    Certificate root = make_certificate("Simulated cloud authority", root_key, nullptr, nullptr, "");
    Key other_key = make_key();
    Certificate other = make_certificate("Somebody else", other_key, nullptr, nullptr, "");
    Key host_key = make_key();
    std::string address;
};

CloudTls::CloudTls(const std::string& address) : parts_(std::make_unique<Parts>()) {
    parts_->address = address;
}

CloudTls::~CloudTls() = default;

std::string CloudTls::authority_pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(out, parts_->root.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return pem;
}

std::shared_ptr<SSL_CTX> CloudTls::server_context(CloudCertificate certificate) const {
    const bool foreign = certificate == CloudCertificate::wrong_authority;
    const std::string name = certificate == CloudCertificate::wrong_name
                                 ? "DNS:elsewhere.example.org"
                                 : "DNS:localhost,IP:" + parts_->address;
    const Certificate host =
        make_certificate("Simulated cloud", parts_->host_key, foreign ? parts_->other : parts_->root,
                         foreign ? parts_->other_key : parts_->root_key, name);
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    if (SSL_CTX_use_certificate(context.get(), host.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), parts_->host_key.get()) != 1)
        throw std::runtime_error("TLS context refused");
    return context;
}

} // namespace tplink::sim
