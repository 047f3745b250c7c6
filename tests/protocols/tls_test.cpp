#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include "protocols/net/http_client.hpp"
#include "protocols/net/tcp_stream.hpp"
#include "tests/protocols/support/tls_server.hpp"

namespace tplink::net {
namespace {

using namespace std::chrono_literals;
using test::TlsServer;

HttpOptions options_for(const TlsServer& server, Tls tls = Tls::device) {
    HttpOptions options;
    options.host = "127.0.0.1";
    options.port = static_cast<std::uint16_t>(server.port());
    options.tls = tls;
    return options;
}

HttpRequest hello() {
    HttpRequest request;
    request.path = "/";
    request.body = "hello";
    return request;
}

struct Generation {
    std::string name;
    const char* ciphers;
    int min_version;
    int max_version;
    int rsa_bits;
    bool sha1;
};

class DeviceTls : public testing::TestWithParam<Generation> {};

TEST_P(DeviceTls, Connects) {
    const auto identity = test::make_identity(GetParam().rsa_bits, GetParam().sha1);
    const TlsServer server(identity, GetParam().ciphers, GetParam().min_version, GetParam().max_version);
    auto client = make_http_client(options_for(server));
    EXPECT_EQ(client->certificate_sha256(), "");
    for (int i = 0; i < 2; ++i) {
        const auto response = client->send(hello());
        ASSERT_TRUE(response) << response.error().what;
        EXPECT_EQ(response->body, "hello");
    }
    EXPECT_EQ(client->certificate_sha256(), test::sha256_of(*identity));
}

/// The same as a byte stream, as video and speech of old cameras need it.
TEST_P(DeviceTls, CarriesAByteStream) {
    const auto identity = test::make_identity(GetParam().rsa_bits, GetParam().sha1);
    const TlsServer server(identity, GetParam().ciphers, GetParam().min_version, GetParam().max_version);
    const auto connector = make_tls_connector();
    auto stream = connector->connect("127.0.0.1", static_cast<std::uint16_t>(server.port()), std::chrono::seconds(5));
    ASSERT_TRUE(stream) << stream.error().what;
    ASSERT_TRUE((*stream)->write_all(as_bytes("POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello"), std::chrono::seconds(5)));
    std::string text;
    std::array<std::byte, 256> bytes{};
    while (text.find("hello") == std::string::npos) {
        const auto count = (*stream)->read_some(bytes, std::chrono::seconds(5));
        ASSERT_TRUE(count) << count.error().what;
        ASSERT_GT(*count, 0U) << text;
        text += as_text(Bytes(bytes).first(*count));
    }
    connector->cancel();
    EXPECT_EQ((*stream)->read_some(bytes, std::chrono::seconds(5)).error().code, Errc::cancelled);
    EXPECT_EQ(make_tls_connector(std::string(64, '0'))->connect("127.0.0.1", static_cast<std::uint16_t>(server.port()), std::chrono::seconds(5)).error().code,
              Errc::certificate_changed);
}

INSTANTIATE_TEST_SUITE_P(
    HttpClient, DeviceTls,
    testing::Values(
        Generation{"StaticRsaOnly", "AES256-GCM-SHA384:@SECLEVEL=0", TLS1_2_VERSION, TLS1_2_VERSION, 1024,
                   true},
        Generation{"StaticRsaCbc", "AES128-SHA256:@SECLEVEL=0", TLS1_2_VERSION, TLS1_2_VERSION, 1024, true},
        Generation{"EcdheOnly", "ECDHE-RSA-AES128-GCM-SHA256", TLS1_2_VERSION, TLS1_2_VERSION, 2048, false},
        Generation{"Tls10StaticRsa", "AES128-SHA:@SECLEVEL=0", TLS1_VERSION, TLS1_VERSION, 1024, true},
        Generation{"Tls10Ecdhe", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0", TLS1_VERSION, TLS1_VERSION, 1024, true},
        Generation{"Tls13", "DEFAULT", TLS1_3_VERSION, TLS1_3_VERSION, 2048, false}),
    [](const auto& param) { return param.param.name; });

class Https : public testing::Test {
protected:
    std::shared_ptr<test::Identity> identity = test::make_identity(2048, false);
    TlsServer server{identity, "DEFAULT", TLS1_2_VERSION, TLS1_3_VERSION};
};

TEST_F(Https, ThePinnedCertificateIsMet) {
    HttpOptions options = options_for(server);
    options.certificate_sha256 = test::sha256_of(*identity);
    const auto response = make_http_client(options)->send(hello());
    EXPECT_TRUE(response) << response.error().what;
}

TEST_F(Https, AnotherCertificateIsRefusedAndShown) {
    HttpOptions options = options_for(server);
    options.certificate_sha256 = std::string(64, 'a');
    auto client = make_http_client(options);
    const auto response = client->send(hello());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::certificate_changed);
    EXPECT_THAT(response.error().what, testing::HasSubstr(test::sha256_of(*identity)));
    EXPECT_EQ(client->certificate_sha256(), test::sha256_of(*identity)) << "so that a person can confirm it";
}

TEST_F(Https, PublicServersNeedAnAuthority) {
    const auto response = make_http_client(options_for(server, Tls::public_))->send(hello());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::certificate_changed);
    EXPECT_THAT(response.error().what, testing::HasSubstr("not trusted (self-signed certificate; issuer "));
}

TEST_F(Https, PublicServersAreTakenWithTheirAuthority) {
    const auto file =
        std::filesystem::temp_directory_path() / ("tls_test_" + std::to_string(::getpid()) + ".pem");
    std::ofstream(file) << test::pem_of(*identity);
    HttpOptions options = options_for(server, Tls::public_);
    options.ca_file = file.string();
    const auto response = make_http_client(options)->send(hello());
    EXPECT_TRUE(response) << response.error().what;
    options.host = "localhost"; // not in the certificate
    EXPECT_FALSE(make_http_client(options)->send(hello()));
    std::filesystem::remove(file);
}

TEST(DeviceTlsFailure, NoCommonCipherIsNamedAsSuch) {
    const TlsServer server(test::make_identity(2048, false), "ADH-AES128-SHA256:@SECLEVEL=0", TLS1_2_VERSION,
                           TLS1_2_VERSION);
    const auto response = make_http_client(options_for(server))->send(hello());
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errc::unreachable);
    EXPECT_THAT(response.error().what, testing::HasSubstr("cipher"));
    EXPECT_THAT(response.error().what, testing::HasSubstr("password is not the cause"));
}

} // namespace
} // namespace tplink::net
