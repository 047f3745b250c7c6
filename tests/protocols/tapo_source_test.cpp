#include <gmock/gmock.h>

#include "protocols/base/crypto.hpp"
#include "protocols/stream/digest.hpp"
#include "protocols/stream/media_source.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/scripted_tcp.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::stream {
namespace {

using namespace std::chrono_literals;
using test::closed;
using test::expect;
using test::reply;
using test::silence;
using test::TcpScript;

constexpr std::string_view kPassword = "s3cret;";
constexpr std::string_view kMd5 = "40027F3723F9EA9CB5FD3BF9C15C798E";
constexpr std::string_view kSha256 = "033A59015E5837C31902AEE293EF424B473D4BD481534AF9E1C65C82936E28B1";
constexpr std::string_view kNonce = "09939140a84cc97b2a27579bb823b2e1";

const boost::json::value& vectors() {
    static const boost::json::value loaded = test::load_vectors("camera_media.json");
    return loaded;
}

/// A session of the vectors: 0 md5, 1 sha256, 2 none, 4 vigi.
const boost::json::value& session(int index) {
    return test::at(vectors(), "/key_exchange/" + std::to_string(index));
}

const std::string kAsk = "POST /stream HTTP/1.1\r\n"
                         "Host: 192.168.1.20:8800\r\n"
                         "Content-Type: multipart/mixed; boundary=--client-stream-boundary--\r\n"
                         "Connection: keep-alive\r\n"
                         "Content-Length: 0\r\n"
                         "\r\n";

std::string refusal(bool sha256, std::string_view nonce = kNonce) {
    return "HTTP/1.0 401 Unauthorized\r\nServer: Streamd\r\nContent-Length: 0\r\n"
           "WWW-Authenticate: Digest realm=\"TP-Link IP-Camera\",algorithm=\"MD5\"," +
           std::string(sha256 ? "encrypt_type=\"3\"," : "") + "qop=\"auth\",nonce=\"" + std::string(nonce) +
           "\",opaque=\"64943214654649846565646421\"\r\nX-Preconn: 1\r\nX-Hb: 5\r\nConnection: close\r\n\r\n";
}

/// The authorized request; `turn` counts the client's cnonces, each 16 of CountingRandom's bytes.
std::string answer(std::string_view secret, unsigned turn = 0, std::string_view nonce = kNonce) {
    Buffer cnonce;
    for (unsigned i = 0; i < 16; ++i) cnonce.push_back(static_cast<std::byte>(turn * 16 + i));
    const DigestChallenge challenge{"TP-Link IP-Camera", std::string(nonce), "64943214654649846565646421",
                                    "auth", "", false};
    std::string text = kAsk;
    text.insert(text.size() - 2,
                "Authorization: " +
                    digest_authorization(challenge, "admin", secret, "POST", "/stream", hex_lower(cnonce)) +
                    "\r\n");
    return text;
}

std::string granted(std::string_view key_exchange,
                    std::string_view type = "multipart/mixed;boundary=--device-stream-boundary--") {
    std::string text = "HTTP/1.0 200 OK\r\nServer: Streamd\r\nContent-Type: " + std::string(type) + "\r\n";
    if (!key_exchange.empty()) text += "Key-Exchange: " + std::string(key_exchange) + "\r\n";
    return text + "Connection: keep-alive\r\n\r\n";
}

std::string part(std::string_view body, std::string_view type, bool encrypted) {
    return "----device-stream-boundary--\r\nContent-Type: " + std::string(type) +
           "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nX-If-Encrypt: " + (encrypted ? "1" : "0") + "\r\nX-Session-Id: 21\r\n\r\n" +
           std::string(body) + "\r\n";
}
std::string json_part(std::string_view json) { return part(json, "application/json", false); }
std::string cipher_part(const boost::json::value& entry) {
    return part(as_text(test::hex(entry, "/cipher")), "video/mp2t", true);
}
std::string plain_of(const boost::json::value& entry) {
    return std::string(as_text(test::hex(entry, "/plain")));
}

const std::string kPreview = test::text(vectors(), "/wire/preview_part");
const std::string kPreviewSilentVga =
    "----client-stream-boundary--\r\nContent-Type: application/json\r\nContent-Length: 121\r\n\r\n"
    R"({"type":"request","seq":1,"params":{"preview":{"channels":[0],"resolutions":["VGA"],"audio":["disable"]},"method":"get"}})"
    "\r\n";
const std::string kGrant =
    json_part(R"({"type":"response", "seq":1, "params":{"error_code":0, "session_id":"21"}})");
const std::string kStop = "----client-stream-boundary--\r\nX-Session-Id: 21\r\nContent-Type: "
                          "application/json\r\nContent-Length: 65\r\n\r\n"
                          R"({"type":"request","seq":2,"params":{"stop":"null","method":"do"}})"
                          "\r\n";

class TapoSource : public testing::Test {
protected:
    TapoSource() {
        endpoint.host = "192.168.1.20";
        endpoint.credentials = {"user@example.com", Secret(std::string(kPassword))};
    }

    MediaSource& source(std::deque<TcpScript> scripts) {
        source_ = make_media_source(endpoint, std::make_unique<test::ScriptedConnector>(std::move(scripts)),
                                    random_);
        return *source_;
    }
    void close() { source_.reset(); }

    MediaEndpoint endpoint;

private:
    test::CountingRandom random_;
    std::unique_ptr<MediaSource> source_;
};

std::string text_of(const Result<MediaPart>& media) {
    return media ? std::string(as_text(media->data)) : "error: " + media.error().what;
}

TEST_F(TapoSource, Sha256CameraFromTheFirstByteToTheLast) {
    const auto& entry = session(1);
    MediaSource& camera = source({{expect(kAsk), reply(refusal(true)), expect(answer(kSha256)),
                                   reply(granted(test::text(entry, "/header"))), expect(kPreview),
                                   reply(kGrant + cipher_part(entry)), reply(cipher_part(entry)), closed()}});
    const auto opened = camera.open();
    ASSERT_TRUE(opened) << opened.error().what;
    for (int i = 0; i < 2; ++i) {
        const auto media = camera.read(5s);
        ASSERT_TRUE(media) << media.error().what;
        EXPECT_EQ(media->type, PartType::mpegts);
        EXPECT_EQ(media->data, test::hex(entry, "/plain"));
    }
    const auto end = camera.read(5s);
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Errc::unreachable);
    EXPECT_EQ(camera.stats().parts, 2U);
    EXPECT_EQ(camera.stats().bytes, 2 * test::hex(entry, "/plain").size());
    EXPECT_EQ(camera.stats().bad_parts, 0U);
    EXPECT_EQ(camera.stats().resyncs, 0U);
}

TEST_F(TapoSource, Md5CameraSilentSubStreamAndStopAtTheEnd) {
    endpoint.quality = Quality::sd;
    endpoint.audio = false;
    const auto& entry = session(0);
    MediaSource& camera = source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5)),
                                   reply(granted(test::text(entry, "/header"))), expect(kPreviewSilentVga),
                                   reply(kGrant + cipher_part(entry)), expect(kStop)}});
    ASSERT_TRUE(camera.open());
    EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
    close();
}

TEST_F(TapoSource, OneReaderForEverything) {
    // Head, reply and key frame share segments, cut anywhere: nothing may be lost between two readers.
    const auto& entry = session(0);
    const std::string head = granted(test::text(entry, "/header"));
    const std::string all = head + kGrant + cipher_part(entry) + cipher_part(entry);
    unsigned turn = 0;
    for (const std::size_t cut :
         {head.size(), head.size() + 1, head.size() + 40, head.size() + kGrant.size() + 60, all.size()}) {
        MediaSource& camera =
            source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5, turn++)),
                     reply(all.substr(0, cut)), expect(kPreview), reply(all.substr(cut)), expect(kStop)}});
        ASSERT_TRUE(camera.open());
        EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
        EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
    }
}

TEST_F(TapoSource, ReconnectsOnceWithTheSameNonceWhenTheCameraReallyCloses) {
    const auto& entry = session(0);
    MediaSource& camera = source({{expect(kAsk), reply(refusal(false)), closed()},
                                  {expect(answer(kMd5)), reply(granted(test::text(entry, "/header"))),
                                   expect(kPreview), reply(kGrant), expect(kStop)}});
    const auto opened = camera.open();
    EXPECT_TRUE(opened) << opened.error().what;
    close();
}

TEST_F(TapoSource, ClosingInsteadOfAnsweringTwiceIsUnreachable) {
    MediaSource& camera = source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5)), closed()},
                                  {expect(answer(kMd5)), closed()}});
    const auto opened = camera.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::unreachable);
}

TEST_F(TapoSource, TriesTheOtherHashOnceOnANewConnectionAndKeysTheMediaWithIt) {
    // The camera asks for SHA-256 but still holds the MD5 of its old firmware.
    const auto& entry = session(0);
    constexpr std::string_view kSecond = "ffff9140a84cc97b2a27579bb823b2e1";
    MediaSource& camera =
        source({{expect(kAsk), reply(refusal(true)), expect(answer(kSha256)), reply(refusal(true))},
                {expect(kAsk), reply(refusal(true, kSecond)), expect(answer(kMd5, 1, kSecond)),
                 reply(granted(test::text(entry, "/header"))), expect(kPreview),
                 reply(kGrant + cipher_part(entry)), expect(kStop)}});
    const auto opened = camera.open();
    ASSERT_TRUE(opened) << opened.error().what;
    EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
    close();
}

TEST_F(TapoSource, StopsAfterBothHashesAndNamesTheCausesInOrder) {
    MediaSource& camera =
        source({{expect(kAsk), reply(refusal(true)), expect(answer(kSha256)), reply(refusal(true))},
                {expect(kAsk), reply(refusal(true)), expect(answer(kMd5, 1)), reply(refusal(true))}});
    const auto opened = camera.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::auth_failed);
    EXPECT_THAT(
        opened.error().what,
        testing::ContainsRegex("Third-Party Compatibility.*RTSP.*MD5 or SHA-256.*two-step.*DNS and NTP"));
}

TEST_F(TapoSource, AReadyHashIsSentOnceAndAsItIs) {
    endpoint.credentials.password = Secret(std::string(kSha256));
    MediaSource& camera =
        source({{expect(kAsk), reply(refusal(true)), expect(answer(kSha256)), reply(refusal(true))}});
    EXPECT_EQ(camera.open().error().code, Errc::auth_failed);
}

TEST_F(TapoSource, AReadyHashOfTheOtherKindIsNotEvenTried) {
    endpoint.credentials.password = Secret(std::string(kMd5));
    MediaSource& camera = source({{expect(kAsk), reply(refusal(true))}});
    const auto opened = camera.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::auth_failed);
    EXPECT_THAT(opened.error().what, testing::HasSubstr("SHA-256"));
}

TEST_F(TapoSource, NeverSendsAnEmptyPassword) {
    endpoint.credentials.password = Secret();
    MediaSource& camera = source({{expect(kAsk), reply(refusal(true))}});
    EXPECT_EQ(camera.open().error().code, Errc::auth_failed);
}

TEST_F(TapoSource, FactoryStateAnswersAtOnceAndUsesTheSecretOfAllCameras) {
    const auto& entry = session(2);
    MediaSource& camera = source({{expect(kAsk), reply(granted(test::text(entry, "/header"))),
                                   expect(kPreview), reply(kGrant + cipher_part(entry)), expect(kStop)}});
    ASSERT_TRUE(camera.open());
    EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
    close();
}

TEST_F(TapoSource, GluedStatusLine) {
    const auto& entry = session(0);
    MediaSource& camera = source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5)),
                                   reply("HTTP ERROR 401" + granted(test::text(entry, "/header"))),
                                   expect(kPreview), reply(kGrant), expect(kStop)}});
    const auto opened = camera.open();
    EXPECT_TRUE(opened) << opened.error().what;
    close();
}

TEST_F(TapoSource, VigiEncodesTheDigestAndFindsTheMediaKey) {
    endpoint.scheme = Scheme::vigi;
    endpoint.credentials.password = Secret("vigipass12345678");
    const auto& entry = session(4);
    MediaSource& camera = source({{expect(kAsk), reply(refusal(false)), expect(answer("3277iKrv3A0V8yLX")),
                                   reply(granted(test::text(entry, "/header"))), expect(kPreview),
                                   reply(kGrant + cipher_part(entry)), expect(kStop)}});
    ASSERT_TRUE(camera.open());
    EXPECT_EQ(text_of(camera.read(5s)), plain_of(entry));
    close();
}

/// A session already open on session(0)'s keys; `bytes` is what follows the reply.
class OpenTapoSource : public TapoSource {
protected:
    MediaSource& opened(std::string bytes,
                        std::string_view key_exchange = test::text(session(0), "/header")) {
        MediaSource& camera =
            source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5)), reply(granted(key_exchange)),
                     expect(kPreview), reply(kGrant + bytes), silence()}});
        const auto done = camera.open();
        EXPECT_TRUE(done) << done.error().what;
        return camera;
    }
    const std::string good = cipher_part(session(0));
    const std::string plain = plain_of(session(0));
};

TEST_F(OpenTapoSource, MixesPlainAndEncryptedParts) {
    MediaSource& camera = opened(part("plain words", "video/mp2t", false) + good);
    EXPECT_EQ(text_of(camera.read(5s)), "plain words");
    EXPECT_EQ(text_of(camera.read(5s)), plain);
}

TEST_F(OpenTapoSource, DropsBadPartsAndCountsThem) {
    MediaSource& camera =
        opened(good + part(std::string(32, 'x'), "video/mp2t", true) + part("cut", "video/mp2t", true) +
               part("", "video/mp2t", true) + "noise" + good);
    EXPECT_EQ(text_of(camera.read(5s)), plain);
    EXPECT_EQ(text_of(camera.read(5s)), plain);
    EXPECT_EQ(camera.stats().bad_parts, 3U);
    EXPECT_EQ(camera.stats().resyncs, 1U);
    EXPECT_EQ(camera.read(5s).error().code, Errc::timeout);
}

TEST_F(OpenTapoSource, AShortPartCostsOnlyItself) {
    std::string liar = good;
    const std::size_t at = liar.find("\r\n\r\n") + 4;
    liar.erase(at, 100);
    MediaSource& camera = opened(good + liar + good + good);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(camera.read(5s)), plain) << i;
    EXPECT_EQ(camera.stats().bad_parts, 1U);
}

TEST_F(OpenTapoSource, WrongSecretEndsWithOneSentence) {
    const std::string foreign = cipher_part(session(1));
    MediaSource& camera = opened(foreign + foreign + foreign + foreign);
    const auto media = camera.read(5s);
    ASSERT_FALSE(media);
    EXPECT_EQ(media.error().code, Errc::auth_failed);
    EXPECT_THAT(media.error().what, testing::HasSubstr("does not match"));
}

TEST_F(OpenTapoSource, WithoutKeyExchangePartsMustBePlain) {
    MediaSource& camera = opened(part("words", "video/mp2t", false) + good, "");
    EXPECT_EQ(text_of(camera.read(5s)), "words");
    EXPECT_EQ(camera.read(5s).error().code, Errc::timeout);
    EXPECT_EQ(camera.stats().bad_parts, 1U);
}

TEST_F(OpenTapoSource, PassesPicturesAndSkipsWhatItDoesNotKnow) {
    MediaSource& camera =
        opened(part("future", "application/x-new", false) + part("\xff\xd8pic", "image/jpeg", false));
    const auto media = camera.read(5s);
    ASSERT_TRUE(media);
    EXPECT_EQ(media->type, PartType::jpeg);
}

TEST_F(OpenTapoSource, TooMuchDamageAsksForANewConnection) {
    std::string bytes;
    for (int i = 0; i < 12; ++i) bytes += "noise" + part("words", "video/mp2t", false);
    MediaSource& camera = opened(bytes);
    Result<MediaPart> media = camera.read(5s);
    while (media) media = camera.read(5s);
    EXPECT_EQ(media.error().code, Errc::unreachable);
    EXPECT_THAT(media.error().what, testing::HasSubstr("damaged"));
}

struct Notice {
    std::string params;
    Errc code;
    std::string word;
};

class Notification : public OpenTapoSource, public testing::WithParamInterface<Notice> {};

TEST_P(Notification, EndsTheStreamForItsReason) {
    MediaSource& camera =
        opened(json_part(R"({"type":"notification","params":)" + GetParam().params + "}") + good);
    const auto media = camera.read(5s);
    ASSERT_FALSE(media);
    EXPECT_EQ(media.error().code, GetParam().code) << media.error().what;
    EXPECT_THAT(media.error().what, testing::HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(
    TapoSource, Notification,
    testing::Values(
        Notice{R"({"event_type":"stream_finish","reason":"finish"})", Errc::unreachable, "ended"},
        Notice{R"({"event_type":"stream_finish","reason":"internal_error"})", Errc::unreachable,
               "internal_error"},
        Notice{R"({"event_type":"stream_finish","reason":"password_changed"})", Errc::auth_failed,
               "password"},
        Notice{R"({"event_type":"stream_finish","reason":"permission_deny"})", Errc::refused, "permission"},
        Notice{R"({"event_type":"stream_finish","reason":"media_encrypt_changed"})", Errc::unreachable,
               "encryption"},
        Notice{R"({"event_type":"stream_status","status":"finished"})", Errc::unreachable, "ended"},
        Notice{R"({"event_type":"stream_status","status":"grabbed"})", Errc::refused, "another client"},
        Notice{R"({"event_type":"connection_closed","close_reason":1,"error_code":-52407})", Errc::refused,
               "viewers"},
        Notice{R"({"event_type":"connection_closed"})", Errc::unreachable, "closes"}));

TEST_F(OpenTapoSource, OtherMessagesAreSkipped) {
    MediaSource& camera = opened(
        json_part(R"({"type":"notification","params":{"event_type":"heartbeat"}})") +
        json_part(
            R"({"type":"notification","params":{"event_type":"channel_stream_status","status":"normal"}})") +
        json_part("{broken") + json_part("[]") + json_part(R"({"type":"future"})") + good);
    EXPECT_EQ(text_of(camera.read(5s)), plain);
    EXPECT_EQ(camera.stats().bad_parts, 2U);
}

struct Refusal {
    std::string params;
    Errc code;
    int device_code;
};

class PreviewRefused : public TapoSource, public testing::WithParamInterface<Refusal> {};

TEST_P(PreviewRefused, NamesTheReason) {
    MediaSource& camera =
        source({{expect(kAsk), reply(refusal(false)), expect(answer(kMd5)),
                 reply(granted(test::text(session(0), "/header"))), expect(kPreview),
                 reply(json_part(R"({"type":"response","seq":1,"params":)" + GetParam().params + "}"))}});
    const auto opened = camera.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, GetParam().code);
    EXPECT_EQ(opened.error().device_code, GetParam().device_code);
    EXPECT_THAT(opened.error().what, testing::StartsWith("video 192.168.1.20:8800: "));
}

INSTANTIATE_TEST_SUITE_P(TapoSource, PreviewRefused,
                         testing::Values(Refusal{R"({"error_code":-52407})", Errc::refused, -52407},
                                         Refusal{R"({"error_code":"-64324"})", Errc::refused, -64324},
                                         Refusal{R"({"error_code":-40106})", Errc::unsupported, -40106},
                                         Refusal{R"({"error_code":-2001})", Errc::auth_failed, -2001}));

struct FirstAnswer {
    std::string bytes;
    Errc code;
};

class StrangeAnswer : public TapoSource, public testing::WithParamInterface<FirstAnswer> {};

TEST_P(StrangeAnswer, IsAClearError) {
    MediaSource& camera = source({{expect(kAsk), reply(GetParam().bytes), closed()}});
    const auto opened = camera.open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, GetParam().code) << opened.error().what;
}

INSTANTIATE_TEST_SUITE_P(
    TapoSource, StrangeAnswer,
    testing::Values(
        FirstAnswer{"SSH-2.0-x\r\n\r\n", Errc::malformed},
        FirstAnswer{std::string(40000, 'x'), Errc::malformed},
        FirstAnswer{"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n", Errc::malformed},
        FirstAnswer{"HTTP/1.0 401 Unauthorized\r\n\r\n", Errc::malformed},
        FirstAnswer{"HTTP/1.0 404 Not Found\r\n\r\n", Errc::unsupported},
        FirstAnswer{"HTTP/1.0 304 Elsewhere\r\n\r\n", Errc::refused},
        FirstAnswer{"HTTP/1.0 503 Busy\r\nContent-Length: 21\r\n\r\n{\"error_code\":-52407}\n",
                    Errc::refused},
        FirstAnswer{"HTTP/1.0 503 Busy\r\nContent-Length: 21\r\n\r\n{\"error_code\":-40404}\n",
                    Errc::locked_out},
        FirstAnswer{"HTTP/1.0 503 Busy\r\nContent-Length: -1\r\n\r\n", Errc::refused},
        FirstAnswer{"HTTP/1.0 200 O", Errc::unreachable},
        FirstAnswer{granted(R"(cipher="AES_128_CBC" username="admin" padding="PKCS7_16" algorithm="MD5")"),
                    Errc::malformed},
        FirstAnswer{granted(R"(cipher="AES_256_GCM" username="admin" algorithm="X" nonce="d1")"),
                    Errc::unsupported}));

TEST_F(TapoSource, SilenceIsATimeout) {
    MediaSource& camera = source({{expect(kAsk), silence()}});
    EXPECT_EQ(camera.open().error().code, Errc::timeout);
}

} // namespace
} // namespace tplink::stream
