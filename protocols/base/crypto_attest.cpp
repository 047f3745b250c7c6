#include "protocols/base/crypto_attest.hpp"

#include <chrono>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace tplink::crypto {
namespace {

constexpr std::size_t kMaxCertificate = std::size_t{16} << 10; // bytes

struct Free {
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Certificate = std::unique_ptr<X509, Free>;

const unsigned char* raw(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

Certificate read(Bytes bytes) {
    if (bytes.empty() || bytes.size() > kMaxCertificate) return nullptr;
    if (as_text(bytes).starts_with("-----BEGIN")) {
        const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
        return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    }
    const unsigned char* der = raw(bytes);
    return Certificate(d2i_X509(nullptr, &der, static_cast<long>(bytes.size())));
}

bool is_signed_by(X509* certificate, X509* signer) {
    EVP_PKEY* const key = X509_get0_pubkey(signer);
    return key != nullptr && X509_verify(certificate, key) == 1;
}

bool is_valid_at(const X509* certificate, WallTime now) {
    std::time_t time = std::chrono::system_clock::to_time_t(now);
    return X509_cmp_time(X509_get0_notBefore(certificate), &time) < 0 && X509_cmp_time(X509_get0_notAfter(certificate), &time) > 0;
}

bool signed_text(X509* signer, Bytes signature, Bytes text) {
    EVP_PKEY* const key = X509_get0_pubkey(signer);
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(text), text.size()) == 1;
}

/// What does not hold; empty when everything does.
const char* fault_of(std::string_view root_pem, const Attestation& shown, Bytes text, WallTime now) {
    const Certificate root = read(as_bytes(root_pem));
    const Certificate issuer = read(shown.issuer);
    const Certificate device = read(shown.device);
    if (!root || !issuer || !device) return "a certificate cannot be read";
    if (!is_signed_by(issuer.get(), root.get())) return "its authority is not one of the maker's";
    if (!is_signed_by(device.get(), issuer.get())) return "its certificate is not signed by the authority it shows";
    if (!is_valid_at(issuer.get(), now) || !is_valid_at(device.get(), now)) return "a certificate is not valid now";
    if (!signed_text(device.get(), shown.signature, text)) return "its signature does not fit its certificate";
    return "";
}

} // namespace

Result<void> check_attestation(std::string_view root_pem, const Attestation& shown, Bytes text, WallTime now) {
    const std::string_view fault = fault_of(root_pem, shown, text, now);
    ERR_clear_error(); // otherwise the next TLS call of this thread reports our failure as its own
    if (fault.empty()) return {};
    return fail(Errc::refused, "the device cannot prove who made it: " + std::string(fault));
}

} // namespace tplink::crypto
