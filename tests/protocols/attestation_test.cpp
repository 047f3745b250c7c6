#include "protocols/base/crypto_attest.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "protocols/tapo/tpap_root.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::crypto {
namespace {

const WallTime kNow = std::chrono::system_clock::from_time_t(1'800'000'000);

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(BIO* bio) const { BIO_free_all(bio); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

/// A certificate over a key of its own, valid from a day before kNow for `days`.
struct Party {
    Key key{EVP_EC_gen("P-256")};
    std::unique_ptr<X509, Free> certificate{X509_new()};

    Party(const char* name, const Party* signer, int days = 30) {
        X509* const made = certificate.get();
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        ASN1_TIME_set(X509_getm_notBefore(made), std::chrono::system_clock::to_time_t(kNow) - 86400);
        ASN1_TIME_set(X509_getm_notAfter(made), std::chrono::system_clock::to_time_t(kNow) + (days - 1) * 86400);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
        X509_set_issuer_name(made, X509_get_subject_name(signer == nullptr ? made : signer->certificate.get()));
        X509_set_pubkey(made, key.get());
        X509_sign(made, (signer == nullptr ? *this : *signer).key.get(), EVP_sha256());
    }
    Buffer pem() const {
        const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
        PEM_write_bio_X509(bio.get(), certificate.get());
        char* text = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &text);
        return to_buffer(as_bytes(std::string_view(text, static_cast<std::size_t>(size))));
    }
    Buffer der() const {
        unsigned char* bytes = nullptr;
        const int size = i2d_X509(certificate.get(), &bytes);
        Buffer out = to_buffer(std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
        OPENSSL_free(bytes);
        return out;
    }
    Buffer sign(Bytes text) const {
        const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
        EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
        std::size_t size = 200;
        Buffer out(size);
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size());
        out.resize(size);
        return out;
    }
};

class AttestationTest : public ::testing::Test {
protected:
    Party root_{"root", nullptr}, issuer_{"issuer", &root_}, device_{"device", &issuer_};
    const Buffer text_ = to_buffer(as_bytes("shared key and nonce"));

    std::string verdict(const Party& root, const Attestation& shown, Bytes text) const {
        const auto done = check_attestation(as_text(root.pem()), shown, text, kNow);
        return done ? "good" : done.error().what;
    }
};

TEST_F(AttestationTest, ACompleteChainHoldsInBothForms) {
    EXPECT_EQ(verdict(root_, {device_.pem(), issuer_.pem(), device_.sign(text_)}, text_), "good");
    EXPECT_EQ(verdict(root_, {device_.der(), issuer_.der(), device_.sign(text_)}, text_), "good");
}

TEST_F(AttestationTest, EachBrokenLinkIsNamed) {
    const Party other("other", nullptr), old("old", &issuer_, 1);
    const Buffer signature = device_.sign(text_);
    EXPECT_NE(verdict(other, {device_.pem(), issuer_.pem(), signature}, text_).find("authority is not one"), std::string::npos);
    EXPECT_NE(verdict(root_, {other.pem(), issuer_.pem(), other.sign(text_)}, text_).find("not signed by the authority"), std::string::npos);
    EXPECT_NE(verdict(root_, {old.pem(), issuer_.pem(), old.sign(text_)}, text_).find("not valid now"), std::string::npos);
    EXPECT_NE(verdict(root_, {device_.pem(), issuer_.pem(), other.sign(text_)}, text_).find("signature does not fit"), std::string::npos);
    EXPECT_NE(verdict(root_, {device_.pem(), issuer_.pem(), signature}, as_bytes("another nonce")).find("signature does not fit"), std::string::npos);
    EXPECT_NE(verdict(root_, {{}, issuer_.pem(), signature}, text_).find("cannot be read"), std::string::npos);
    EXPECT_NE(verdict(root_, {Buffer(1 << 20), issuer_.pem(), signature}, text_).find("cannot be read"), std::string::npos);
}

TEST_F(AttestationTest, TheMakersRootIsThatOfTheVectorAndSignedItself) {
    EXPECT_EQ(tapo::kTpapRootPem, test::text(test::load_vectors("plugs.json"), "/tpap/attestation_root_pem") + "\n");
    const Buffer root = to_buffer(as_bytes(tapo::kTpapRootPem));
    const auto done = check_attestation(tapo::kTpapRootPem, {root, root, device_.sign(text_)}, text_, kNow);
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().what.find("signature does not fit"), std::string::npos) << "the chain to the root itself holds: " << done.error().what;
}

} // namespace
} // namespace tplink::crypto
