#include "protocols/discovery/discover.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "protocols/discovery/targets.hpp"
#include "tests/protocols/fakes.hpp"
#include "tests/protocols/vectors.hpp"

namespace tplink::discovery {
namespace {

using namespace tplink::test;

const json::value& vectors() {
    static const json::value value = load_vectors("plugs.json");
    return value;
}
const json::value& tdp() { return at(vectors(), "/discovery"); }

std::shared_ptr<const crypto::RsaKey> key() {
    static const auto shared = std::make_shared<const crypto::RsaKey>(
        crypto::RsaKey::from_private_pem(text(tdp(), "/rsa_private_pkcs8_pem")).value());
    return shared;
}

TEST(Xor, MatchesKnownAnswers) {
    for (const json::value& row : at(vectors(), "/xor").as_array()) {
        EXPECT_EQ(hex_lower(kasa::xor_encrypt(text(row, "/plain"))), text(row, "/datagram_udp"));
        EXPECT_EQ(kasa::xor_decrypt(hex(row, "/datagram_udp")), text(row, "/plain"));
    }
    EXPECT_EQ(hex_lower(build_kasa_probe()), text(vectors(), "/xor/0/datagram_udp"));
}

TEST(Tdp, ProbeMatchesTheKnownAnswer) {
    const Buffer serial = hex(tdp(), "/random4");
    EXPECT_EQ(hex_lower(build_probe(key()->public_pem(64), load_be32(std::span(serial).first<4>()))),
              text(tdp(), "/probe"));
}

TEST(Tdp, AnswersChooseTheTransport) {
    struct Expected {
        Family family;
        std::string_view transport;
        bool iot;
        bool https;
        std::uint16_t port;
    };
    const std::map<std::string, Expected> expected{
        {"smart+klap2", {Family::tapo_plug, "klap2", false, false, 80}},
        {"smart+aes", {Family::tapo_plug, "aes", false, false, 80}},
        {"smart+tpap", {Family::tapo_plug, "tpap", false, false, 80}},
        {"iot+klap1", {Family::kasa_plug, "klap1", true, false, 80}},
        {"iot+klap2", {Family::kasa_plug, "klap2-iot", true, false, 80}},
        {"camera", {Family::tapo_camera, "tapo3", false, true, 443}},
        {"smart+klap2 over TLS", {Family::tapo_plug, "klap2", false, true, 4433}},
    };
    for (const json::value& row : at(tdp(), "/replies").as_array()) {
        const std::string choice = text(row, "/must_choose");
        auto result = parse_answer(hex(row, "/datagram"));
        ASSERT_TRUE(result) << choice;
        EXPECT_EQ(json::value(*result), at(row, "/json/result"));
        const Found found = read_answer(*result, key().get(), "user@example.com").value();
        const Expected& want = expected.at(choice);
        EXPECT_EQ(found.family, want.family) << choice;
        EXPECT_EQ(found.transport, want.transport) << choice;
        EXPECT_EQ(found.iot, want.iot) << choice;
        EXPECT_EQ(found.https, want.https) << choice;
        EXPECT_EQ(found.port, want.port) << choice;
        EXPECT_EQ(found.mac, "5ca6e6010203");
        if (choice != "camera") {
            EXPECT_EQ(found.owner_matches, true) << choice;
        }
        EXPECT_EQ(found.login_version, choice == "smart+aes" || choice == "iot+klap1" || found.https ? 1 : 2)
            << choice;
    }
}

TEST(Tdp, OpensWhatACameraHides) {
    const json::value& row = at(tdp(), "/replies/5");
    const auto result = parse_answer(hex(row, "/datagram")).value();
    EXPECT_EQ(json::value(open_encrypt_info(result, *key()).value()), at(row, "/decrypted_encrypt_info"));
    const Found found = read_answer(result, key().get(), "user@example.com").value();
    EXPECT_EQ(found.raw.at("tdp").at_pointer("/encrypt_info/sd_status"), "offline");
    EXPECT_EQ(found.owner_matches, false);
    EXPECT_EQ(found.encrypt_types, std::vector<std::string>{"3"});
    EXPECT_EQ(found.firmware, "1.4.3 Build 250101 Rel.00000n");
}

TEST(Tdp, OpensTheOtherPaddingToo) {
    const Buffer secret = hex(tdp(), "/replies/5/encrypt_info_key_iv");
    const std::string plain = R"({"http_port":4443})";
    const Buffer data = crypto::aes128_cbc_encrypt(
        crypto::aes_key(secret), crypto::aes_key(Bytes(secret).subspan(16)), as_bytes(plain));
    const Buffer wrapped = crypto::rsa_encrypt_pkcs1(key()->public_der(), secret).value();
    json::object result{{"encrypt_info", {{"key", base64_encode(wrapped)}, {"data", base64_encode(data)}}}};
    EXPECT_EQ(json::serialize(open_encrypt_info(result, *key()).value()), plain);
    result["encrypt_info"].as_object()["key"] = base64_encode(as_bytes("short"));
    EXPECT_FALSE(open_encrypt_info(result, *key()));
}

TEST(Tdp, CamerasAnnounceTheirGeneration) {
    const auto transport = [](const char* more) {
        auto result = json::parse(R"({"mac":"AA-BB-CC-DD-EE-FF","device_type":"SMART.IPCAMERA")" +
                                  std::string(more) + "}");
        return read_answer(result.as_object(), nullptr, "").value().transport;
    };
    EXPECT_EQ(transport(R"(,"encrypt_type":["1","2"])"), "tapo1");
    EXPECT_EQ(transport(R"(,"encrypt_type":["3"])"), "tapo3");
    EXPECT_EQ(transport(R"(,"encrypt_type":["4"])"), "tapo4");
    EXPECT_EQ(transport(R"(,"encrypt_type":["3"],"tpap":{"port":443})"), "tapo4");
    EXPECT_EQ(transport(""), "");
}

TEST(Tdp, BadDatagramsAreErrors) {
    const Buffer good = hex(tdp(), "/replies/0/datagram");
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_FALSE(parse_answer(Bytes(good).first(size))) << size;
    const auto with_body = [](std::string_view body) { return concat({Buffer(16), as_bytes(body)}); };
    EXPECT_TRUE(parse_answer(with_body(R"({"result":{}})")));
    EXPECT_EQ(parse_answer(with_body(R"({"error_code":-1})")).error().code, Errc::refused);
    EXPECT_EQ(parse_answer(with_body("[]")).error().code, Errc::malformed);
    EXPECT_EQ(parse_answer(with_body(R"({"result":5})")).error().code, Errc::malformed);
    EXPECT_EQ(parse_answer(with_body(std::string(100000, '['))).error().code, Errc::malformed);
    EXPECT_EQ(read_answer(json::object{{"mac", "nonsense"}}, nullptr, "").error().code, Errc::malformed);
}

TEST(KasaAnswer, PlugsAndCameras) {
    const auto read = [](std::string_view sysinfo) { return read_kasa_answer(kasa::xor_encrypt(sysinfo)); };
    const Found plug =
        read(R"x({"system":{"get_sysinfo":{"mic_mac":"E848B8010203","model":"HS110(EU)","alias":"Lamp",
        "type":"IOT.SMARTPLUGSWITCH","sw_ver":"1.2","hw_ver":"2.0","deviceId":"80","err_code":0}}})x")
            .value();
    EXPECT_EQ(plug.mac, "e848b8010203");
    EXPECT_EQ(plug.model, "HS110");
    EXPECT_EQ(plug.name, "Lamp");
    EXPECT_EQ(plug.transport, "xor");
    EXPECT_EQ(plug.port, 9999);
    const Found camera =
        read(
            R"x({"system":{"get_sysinfo":{"system":{"mac":"E8:48:B8:01:02:04","type":"IOT.IPCAMERA","model":"EC70(US)"}}}})x")
            .value();
    EXPECT_EQ(camera.family, Family::kasa_camera);
    EXPECT_EQ(camera.mac, "e848b8010204");
    EXPECT_FALSE(read(R"({"system":{"get_sysinfo":{}}})"));
    EXPECT_FALSE(read("garbage"));
}

TEST(Targets, ExpandsAndBounds) {
    const auto expand = [](std::vector<std::string> list) { return expand_targets(list); };
    EXPECT_EQ(expand({"10.0.0.5"}).value(), std::vector<std::string>{"10.0.0.5"});
    EXPECT_EQ(expand({"10.0.0.0/30", "10.0.0.1"}).value(),
              (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
    EXPECT_EQ(expand({"10.0.0.9/31"}).value(), (std::vector<std::string>{"10.0.0.8", "10.0.0.9"}));
    EXPECT_EQ(expand({"10.0.0.9/32"}).value(), std::vector<std::string>{"10.0.0.9"});
    EXPECT_EQ(expand({"192.168.4.77/22"})->size(), 1022U);
    EXPECT_EQ(expand({"10.0.0.0/8"}).error().code, Errc::refused);
    EXPECT_EQ(expand({"0.0.0.0/0"}).error().code, Errc::refused);
    EXPECT_EQ(expand({"10.0.0.0/22", "10.1.0.0/24"}).error().code, Errc::refused);
    for (const char* bad : {"", "10.0.0", "10.0.0.256", "10.0.0.1.2", "camera.local", "10.0.0.0/33",
                            "10.0.0.0/", "10.0.0.1 ", "1..2.3"})
        EXPECT_EQ(expand({bad}).error().code, Errc::malformed) << bad;
}

/// A network in which time passes only while waiting.
struct Wire {
    FakeClock clock;
    std::deque<net::Datagram> incoming;
    std::vector<std::pair<std::string, std::uint16_t>> sent;
    bool cancelled = false;
};

class WireSocket final : public net::UdpSocket {
public:
    explicit WireSocket(Wire& wire) : wire_(wire) {}
    Result<void> send_to(Bytes, const std::string& address, std::uint16_t port) override {
        wire_.sent.emplace_back(address, port);
        return {};
    }
    Result<std::optional<net::Datagram>> receive(std::chrono::milliseconds timeout) override {
        if (wire_.cancelled) return fail(Errc::cancelled, "cancelled");
        if (wire_.incoming.empty()) {
            wire_.clock.passed += timeout;
            return std::nullopt;
        }
        wire_.clock.passed += 1ms;
        net::Datagram datagram = std::move(wire_.incoming.front());
        wire_.incoming.pop_front();
        return datagram;
    }
    void cancel() override { wire_.cancelled = true; }

private:
    Wire& wire_;
};

class DiscoverTest : public ::testing::Test {
protected:
    Deps deps() {
        return {.open_socket = [this]() -> Result<std::unique_ptr<net::UdpSocket>> {
                    return std::make_unique<WireSocket>(wire_);
                },
                .broadcasts = [] { return std::vector<std::string>{"192.0.2.255"}; },
                .key = key(),
                .random = random_,
                .clock = wire_.clock,
                .stop = stop_.get_token()};
    }
    void arrives(int row, const char* address, std::uint16_t port = kTdpPort) {
        wire_.incoming.push_back(
            {address, port, hex(tdp(), "/replies/" + std::to_string(row) + "/datagram")});
    }
    Wire wire_;
    CountingRandom random_;
    std::stop_source stop_;
};

TEST_F(DiscoverTest, SendsThreeRoundsToEveryPortWithinTheTime) {
    EXPECT_TRUE(discover({}, deps())->empty());
    EXPECT_EQ(wire_.sent.size(), 9U);
    for (const std::uint16_t port : {kTdpPort, kTdpSecondPort, kKasaPort})
        EXPECT_EQ(std::count(wire_.sent.begin(), wire_.sent.end(),
                             std::pair<std::string, std::uint16_t>("192.0.2.255", port)),
                  3);
    EXPECT_EQ(wire_.clock.passed, 5000ms);
}

TEST_F(DiscoverTest, MergesAnswersOfOneDevice) {
    const std::string sysinfo =
        R"x({"system":{"get_sysinfo":{"mac":"5C:A6:E6:01:02:03","alias":"Heater","model":"HS300(US)","type":"IOT.SMARTPLUGSWITCH","sw_ver":"1.0"}}})x";
    for (const bool kasa_first : {true, false}) {
        wire_.incoming.clear();
        if (!kasa_first) arrives(4, "192.0.2.10");
        wire_.incoming.push_back({"192.0.2.10", kKasaPort, kasa::xor_encrypt(sysinfo)});
        wire_.incoming.push_back({"192.0.2.66", 7777, to_buffer("garbage")});
        if (kasa_first) arrives(4, "192.0.2.10");
        Options options;
        options.email = "user@example.com";
        const auto list = discover(options, deps()).value();
        ASSERT_EQ(list.size(), 1U);
        EXPECT_EQ(list[0].name, "Heater");
        EXPECT_EQ(list[0].firmware, "1.0");
        EXPECT_EQ(list[0].transport, "klap2-iot");
        EXPECT_TRUE(list[0].answers_xor);
        EXPECT_EQ(list[0].owner_matches, true);
        EXPECT_TRUE(list[0].raw.contains("tdp"));
        EXPECT_TRUE(list[0].raw.contains("sysinfo"));
    }
}

// The answers of 200 devices at once overran the socket, in every round those of the same devices.
TEST_F(DiscoverTest, WhoAnsweredIsNotAskedAgainSoThatTheSilentAreHeard) {
    arrives(0, "192.0.2.10");
    Options options;
    options.targets = {"192.0.2.10", "192.0.2.11"};
    options.broadcast = false;
    EXPECT_EQ(discover(options, deps()).value().size(), 1U);
    const auto asked = [&](const char* host) {
        return std::count(wire_.sent.begin(), wire_.sent.end(), std::pair<std::string, std::uint16_t>(host, kTdpPort));
    };
    EXPECT_EQ(asked("192.0.2.10"), 1);
    EXPECT_EQ(asked("192.0.2.11"), 3);
}

TEST_F(DiscoverTest, SearchOfOneHostEndsSoonAfterItsAnswer) {
    arrives(0, "192.0.2.10");
    Options options;
    options.targets = {"192.0.2.10"};
    options.broadcast = false;
    const auto list = discover(options, deps()).value();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].address, "192.0.2.10");
    EXPECT_LT(wire_.clock.passed, 1000ms);
}

TEST_F(DiscoverTest, CanBeCancelled) {
    stop_.request_stop();
    EXPECT_EQ(discover({}, deps()).error().code, Errc::cancelled);
}

TEST_F(DiscoverTest, WakeSendsToBothPorts) {
    EXPECT_TRUE(wake("192.0.2.10", {}, deps()));
    EXPECT_EQ(wire_.sent.size(), 2U);
}

} // namespace
} // namespace tplink::discovery
