// UDP 9999 and HTTPS 10443 against known answers.

#include "protocols/base/crypto.hpp"
#include "protocols/kasa/cloud_codes.hpp"
#include "tests/protocols/kasa/fake_camera.hpp"

namespace tplink::kasa {
namespace {

using test::vectors;
using tplink::test::text;

TEST(KasaState, KnownReplies) {
    int cameras = 0;
    for (const auto& entry : vectors().at_pointer("/udp9999/replies").as_array()) {
        const Buffer datagram = tplink::test::hex(entry, "/hex");
        const auto fields = read_sysinfo(Bytes(datagram));
        const json::object& expect = entry.at("expect").as_object();
        if (expect.contains("error") || expect.contains("camera")) {
            EXPECT_FALSE(fields) << text(entry, "/name");
            if (expect.contains("camera")) {
                EXPECT_EQ(fields.error().code, Errc::refused);
            }
            continue;
        }
        ASSERT_TRUE(fields) << text(entry, "/name");
        ++cameras;
        if (expect.contains("on")) {
            EXPECT_EQ(fields->at("camera_switch") == json::value("on"), expect.at("on").as_bool());
        }
        if (expect.contains("led")) {
            EXPECT_EQ(fields->at("led_status") == json::value("on"), expect.at("led").as_bool());
        }
        EXPECT_FALSE(fields->contains("latitude"));
        EXPECT_FALSE(fields->contains("longitude"));
        const auto identity = identity_of(*fields);
        ASSERT_TRUE(identity);
        if (expect.contains("mac")) {
            EXPECT_EQ(identity->mac, normalize_mac(text(expect, "/mac")).value());
        }
        EXPECT_EQ(identity->model, text(expect, "/model").substr(0, 4));
        if (expect.contains("alias")) {
            EXPECT_EQ(identity->name, text(expect, "/alias"));
        }
    }
    EXPECT_GE(cameras, 2);
    EXPECT_EQ(hex_lower(discovery::build_kasa_probe()), text(vectors(), "/udp9999/request_hex"));
}

TEST(KasaState, OptionalFieldsMayBeMissing) {
    const auto fields = read_sysinfo(json::parse(R"({"system":{"get_sysinfo":{"system":{"mic_type":"IOT.IPCAMERA","mic_mac":"74FECE000000"}}}})").as_object());
    ASSERT_TRUE(fields);
    EXPECT_EQ(identity_of(*fields)->mac, "74fece000000");
}

TEST(KasaMotion, GrowsAndRunsOutByTheCamerasOwnClock) {
    MotionWatch watch;
    const auto at = [&](std::int64_t event, std::int64_t clock) {
        json::object fields{{"last_activity_timestamp", event}, {"system_time", clock}};
        watch.mark(fields);
        return std::string(fields.at("motion").as_string());
    };
    EXPECT_EQ(at(1000, 1001), "off") << "the first look is the baseline";
    EXPECT_EQ(at(1000, 1011), "off");
    EXPECT_EQ(at(1015, 1021), "on");
    EXPECT_EQ(at(1015, 1030), "on");
    EXPECT_EQ(at(1015, 1031), "off");
    EXPECT_EQ(at(1040, 1041), "on");
    EXPECT_EQ(at(20, 25), "off") << "the clock jumped";
    json::object without;
    watch.mark(without);
    EXPECT_TRUE(without.empty());
}

TEST(Linkie, KnownAuthorizations) {
    const Credentials account{text(vectors(), "/linkie/email"), Secret(text(vectors(), "/linkie/password"))};
    const json::value& known = vectors().at_pointer("/linkie/authorization");
    EXPECT_EQ(linkie_authorization(PasswordForm::md5, account), text(known, "/md5"));
    EXPECT_EQ(linkie_authorization(PasswordForm::base64, account), text(known, "/base64"));
    EXPECT_EQ(linkie_authorization(PasswordForm::plain, account), text(known, "/plain"));
    EXPECT_EQ(linkie_authorization(PasswordForm::admin_md5, account), text(known, "/admin_md5"));
    EXPECT_EQ(linkie_authorization(PasswordForm::factory, account), text(known, "/factory"));
}

TEST(Linkie, KnownBodies) {
    const auto& entries = vectors().at_pointer("/linkie/requests").as_array();
    ASSERT_FALSE(entries.empty());
    for (const auto& entry : entries) EXPECT_EQ(linkie_body(text(entry, "/plain")), text(entry, "/body"));
}

TEST(Linkie, KnownAnswers) {
    const auto& entries = vectors().at_pointer("/linkie/responses").as_array();
    ASSERT_EQ(entries.size(), 4U);
    for (const auto& entry : entries) {
        const std::string expect = text(entry, "/expect");
        for (const std::string& prefix : {std::string(), std::string("content="), std::string("\r\n ")}) {
            const auto tree = read_linkie({200, {}, prefix + text(entry, "/body") + "\r\n"});
            ASSERT_TRUE(tree);
            EXPECT_EQ(json::value(*tree), json::parse(text(entry, "/plain")));
            const std::string module(tree->begin()->key());
            const auto& methods = tree->begin()->value().as_object();
            const std::string method = methods.contains("err_code") ? "get_state" : std::string(methods.begin()->key());
            const auto answer = pick_answer(*tree, module, method);
            EXPECT_EQ(answer.has_value(), expect == "ok") << expect;
            if (expect == "unsupported module") {
                EXPECT_EQ(answer.error().code, Errc::unsupported);
            } else if (!answer) {
                EXPECT_EQ(answer.error().code, Errc::refused);
            }
        }
    }
}

TEST(Linkie, OtherAnswers) {
    EXPECT_EQ(read_linkie({200, {}, text(vectors(), "/linkie/plain_json_error/body")}).error().code, Errc::auth_failed);
    EXPECT_EQ(read_linkie({401, {}, ""}).error().code, Errc::auth_failed);
    EXPECT_EQ(read_linkie({302, {{"Location", "https://x:4444/"}}, ""}).error().code, Errc::unsupported);
    EXPECT_EQ(read_linkie({200, {}, "<html>"}).error().code, Errc::malformed);
    EXPECT_EQ(read_linkie({200, {}, ""}).error().code, Errc::malformed);
    EXPECT_EQ(read_linkie({200, {}, "{}"}).error().code, Errc::malformed);
    EXPECT_EQ(read_linkie({500, {}, "x"}).error().code, Errc::refused);
    for (const auto& login : linkie_logins(true)) EXPECT_EQ(linkie_login_from(to_text(login)), login);
    EXPECT_FALSE(linkie_login_from("cloud"));
}

}  // namespace
}  // namespace tplink::kasa
