#include "tests/simulators/tpap_client.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include <boost/json.hpp>

#include "tests/simulators/crypto.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

/// Straight from the formulas; leaks nothing that a test would miss at its end.
struct Arithmetic {
    EC_GROUP* group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BN_CTX* scratch = BN_CTX_new();
    std::vector<EC_POINT*> points;
    std::vector<BIGNUM*> numbers;
    ~Arithmetic() {
        for (EC_POINT* point : points) EC_POINT_free(point);
        for (BIGNUM* number : numbers) BN_free(number);
        BN_CTX_free(scratch);
        EC_GROUP_free(group);
    }
    BIGNUM* number(Bytes bytes) {
        BIGNUM* out = BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                static_cast<int>(bytes.size()), nullptr);
        BN_nnmod(out, out, EC_GROUP_get0_order(group), scratch);
        return numbers.emplace_back(out);
    }
    EC_POINT* point() { return points.emplace_back(EC_POINT_new(group)); }
    EC_POINT* decode(Bytes bytes) {
        EC_POINT* out = point();
        EC_POINT_oct2point(group, out, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                           scratch);
        return out;
    }
    Buffer encode(const EC_POINT* from) const {
        Buffer out(65);
        EC_POINT_point2oct(group, from, POINT_CONVERSION_UNCOMPRESSED,
                           reinterpret_cast<unsigned char*>(out.data()), out.size(), scratch);
        return out;
    }
    EC_POINT* times(const BIGNUM* of_generator, const EC_POINT* from, const BIGNUM* count) {
        EC_POINT* out = point();
        EC_POINT_mul(group, out, of_generator, from, count, scratch);
        return out;
    }
    EC_POINT* minus(const EC_POINT* a, EC_POINT* b) {
        EC_POINT* out = point();
        EC_POINT_invert(group, b, scratch);
        EC_POINT_add(group, out, a, b, scratch);
        return out;
    }
    Buffer bytes(const BIGNUM* from) const {
        Buffer out(32);
        BN_bn2binpad(from, reinterpret_cast<unsigned char*>(out.data()), 32);
        return out;
    }
};

} // namespace

UserPake user_pake(std::string_view secret, Bytes salt, int iterations, Bytes x, Bytes user_random,
                   Bytes dev_random, Bytes dev_share, ScalarForm form) {
    Arithmetic math;
    Buffer derived(80);
    PKCS5_PBKDF2_HMAC(secret.data(), static_cast<int>(secret.size()),
                      reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()),
                      iterations, EVP_sha256(), 80, reinterpret_cast<unsigned char*>(derived.data()));
    const BIGNUM* w0 = math.number(Bytes(derived).first(40));
    const BIGNUM* w1 = math.number(Bytes(derived).subspan(40));
    EC_POINT* m =
        math.decode(from_hex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f").value());
    EC_POINT* n =
        math.decode(from_hex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49").value());
    const Buffer share = math.encode(math.times(math.number(x), m, w0));
    const EC_POINT* theirs = math.decode(dev_share);
    EC_POINT* bare = math.minus(theirs, math.times(nullptr, n, w0));
    const Buffer z = math.encode(math.times(nullptr, bare, math.number(x)));
    const Buffer v = math.encode(math.times(nullptr, bare, w1));
    const Buffer theirs_whole = math.encode(theirs);
    const Buffer w0_bytes = math.bytes(w0);
    return {.w0 = hex_lower(w0_bytes),
            .w1 = hex_lower(math.bytes(w1)),
            .share = share,
            .keys = pake_keys({.user_random = user_random,
                               .dev_random = dev_random,
                               .user_share = share,
                               .dev_share = theirs_whole,
                               .z = z,
                               .v = v,
                               .w0 = w0_bytes,
                               .form = form})};
}

json::object TpapClient::step(const json::object& params) {
    const Posted posted =
        client_.post("/", json::serialize(json::object{{"method", "login"}, {"params", params}}));
    last_status = posted.status;
    boost::system::error_code error;
    const json::value parsed = json::parse(posted.body, error);
    return !error && parsed.is_object() ? parsed.get_object() : json::object();
}

int TpapClient::log_in(std::string_view secret, const std::string& username, const std::string& passcode_type,
                       ScalarForm form) {
    const Buffer user_random = random_bytes(32);
    const json::object registered = step({{"sub_method", "pake_register"},
                                          {"username", username},
                                          {"user_random", base64_encode(user_random)},
                                          {"cipher_suites", json::array({1})},
                                          {"encryption", json::array({"aes_128_ccm"})},
                                          {"passcode_type", passcode_type},
                                          {"stok", nullptr}});
    if (!registered.contains("result")) return registered.at("error_code").to_number<int>();
    const json::object& result = registered.at("result").as_object();
    const auto bytes = [&](std::string_view key) {
        return base64_decode(result.at(key).as_string()).value();
    };
    const UserPake pake =
        user_pake(secret, bytes("dev_salt"), result.at("iterations").to_number<int>(), random_bytes(32),
                  user_random, bytes("dev_random"), bytes("dev_share"), form);
    const json::object shared = step({{"sub_method", "pake_share"},
                                      {"user_share", base64_encode(pake.share)},
                                      {"user_confirm", base64_encode(pake.keys.user_confirm)}});
    if (!shared.contains("result")) return shared.at("error_code").to_number<int>();
    EXPECT_EQ(shared.at("result").at("dev_confirm").as_string(), base64_encode(pake.keys.dev_confirm));
    stok = shared.at("result").at("stok").as_string();
    seq = static_cast<std::uint32_t>(shared.at("result").at("start_seq").to_number<std::int32_t>());
    keys_ = record_keys(pake.keys.shared);
    return 0;
}

json::object TpapClient::ask(std::string_view request) {
    const std::uint32_t used = seq++;
    const Posted posted =
        client_.post("/stok=" + stok + "/ds", std::string(as_text(record_seal(keys_, used, request))));
    last_status = posted.status;
    boost::system::error_code error;
    const json::value clear = json::parse(posted.body, error);
    if (!error && clear.is_object()) return clear.get_object();
    const auto plain = record_open(keys_, as_bytes(posted.body));
    return plain ? json::parse(*plain).as_object() : json::object();
}

} // namespace tplink::sim
