// The host program's parts: configuration, discovery, control interface, both sides of a camera together.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <thread>

#include "tests/simulators/crypto.hpp"
#include "tests/simulators/device.hpp"
#include "tests/simulators/discovery.hpp"
#include "tests/simulators/host/control_api.hpp"
#include "tests/simulators/host/hosted_device.hpp"
#include "tests/simulators/sim_client.hpp"

namespace tplink::sim {
namespace {

namespace json = boost::json;

template <class Condition> bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

sockaddr_in socket_address(const std::string& address, int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, address.c_str(), &out.sin_addr);
    return out;
}

bool accepts_connections(const std::string& address, int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in at = socket_address(address, port);
    const bool connected = ::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    // The video port accepts and closes while the camera is away; a living one waits for us to speak.
    pollfd entry{fd, POLLIN, 0};
    const bool stays = connected && ::poll(&entry, 1, 50) == 0;
    ::close(fd);
    return stays;
}

/// `result` of the answer to a probe; empty when none came within `wait_ms`.
json::object probe(const json::object& device, const std::string& rsa_key, int wait_ms = 3000) {
    const std::string body =
        rsa_key.empty() ? "" : json::serialize(json::object{{"params", json::object{{"rsa_key", rsa_key}}}});
    const Buffer datagram = build_answer(body); // a probe has the same header
    const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
    const sockaddr_in to = socket_address(std::string(device.at("address").as_string()),
                                          static_cast<int>(device.at("discovery_port").to_number<int>()));
    ::sendto(fd, datagram.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
    Buffer answer(4096);
    pollfd entry{fd, POLLIN, 0};
    const bool came = ::poll(&entry, 1, wait_ms) == 1;
    const ssize_t got = came ? ::recv(fd, answer.data(), answer.size(), 0) : 0;
    ::close(fd);
    if (got <= 16) return {};
    answer.resize(static_cast<std::size_t>(got));
    EXPECT_EQ(hex_lower(answer), hex_lower(build_answer(as_text(Bytes(answer).subspan(16)))));
    return json::parse(as_text(Bytes(answer).subspan(16))).at("result").as_object();
}

class DemoHost : public ::testing::Test {
protected:
    void SetUp() override {
        json::object config = demo_config("127.0.62");
        config["discovery_port"] = 0;
        auto built = build_devices(config, make_shares());
        ASSERT_TRUE(built) << built.error().what;
        devices_ = std::move(*built);
        for (const auto& device : devices_) device->start();
        control_ = std::make_unique<ControlApi>(0, devices_);
        client_ = std::make_unique<SimClient>("127.0.0.1", control_->port());
    }
    HostedDevice& device(std::string_view last_digits) {
        for (const auto& hosted : devices_)
            if (hosted->id().ends_with(last_digits)) return *hosted;
        throw std::runtime_error("no such device");
    }
    json::object change(const std::string& mac, const std::string& what, const std::string& body) {
        return json::parse(client_->post("/devices/" + mac + "/" + what, body).body).as_object();
    }

    std::vector<std::unique_ptr<HostedDevice>> devices_;
    std::unique_ptr<ControlApi> control_;
    std::unique_ptr<SimClient> client_;
};

TEST_F(DemoHost, PlugAnnouncesItsRealPort) {
    const json::object summary = device("32").summary();
    const json::object found = probe(summary, "");
    EXPECT_EQ(found.at("mac"), "02-00-00-00-00-32");
    EXPECT_EQ(found.at("device_type"), "SMART.TAPOPLUG");
    EXPECT_EQ(found.at("mgt_encrypt_schm").at("encrypt_type"), "KLAP");
    EXPECT_EQ(found.at("mgt_encrypt_schm").at("http_port"), summary.at("port"));
    EXPECT_EQ(found.at("owner").as_string(), hex_upper(md5(as_bytes("demo@example.com"))));
}

TEST_F(DemoHost, CameraTellsItsPortOnlyToTheHolderOfTheKey) {
    const json::object summary = device("22").summary();
    const RsaPrivateKey key = RsaPrivateKey::generate(2048);
    const json::object found = probe(summary, key.public_pem());
    EXPECT_EQ(found.at("encrypt_type"), (json::array{"3"}));
    const json::object& info = found.at("encrypt_info").as_object();
    const auto key_iv = key.decrypt(*base64_decode(info.at("key").as_string()), RsaPadding::oaep_sha1);
    ASSERT_TRUE(key_iv);
    const auto plain = aes_cbc_decrypt(Bytes(*key_iv).first(16), Bytes(*key_iv).subspan(16),
                                       *base64_decode(info.at("data").as_string()));
    ASSERT_TRUE(plain);
    EXPECT_EQ(json::parse(as_text(*plain)).at("http_port"), summary.at("port"));
    EXPECT_EQ(probe(summary, "").at("encrypt_info").at("key"), "");
}

TEST_F(DemoHost, ControlInterfaceShowsAndChangesTheTrueState) {
    EXPECT_EQ(change("02-00-00-00-00-31", "state", R"({"device_on":true})").at("device_on"), true);
    EXPECT_EQ(device("31").state().at("device_on"), true);
    EXPECT_EQ(change("020000000031", "faults", R"({"drop":2})").at("faults").at("drop"), 2);
    EXPECT_TRUE(change("020000000031", "faults", R"({"nonsense":2})").contains("error"));
    EXPECT_TRUE(change("020000000031", "faults", R"({"media":{}})").contains("error"));
    EXPECT_EQ(
        change("02:00:00:00:00:23", "faults", R"({"media":{"part":"stall"}})").at("open_media_sessions"), 0U);
    EXPECT_EQ(client_->post("/devices/02000000ffff/state", "{}").status, 404);
}

TEST_F(DemoHost, KilledCameraVanishesOnAllPortsAndComesBack) {
    const json::object summary = device("22").summary();
    const std::string address(summary.at("address").as_string());
    const int port = summary.at("port").to_number<int>();
    const int media_port = summary.at("media_port").to_number<int>();
    EXPECT_TRUE(accepts_connections(address, port));
    EXPECT_TRUE(accepts_connections(address, media_port));
    change("020000000022", "faults", R"({"kill":true})");
    EXPECT_FALSE(accepts_connections(address, port));
    EXPECT_FALSE(accepts_connections(address, media_port));
    EXPECT_TRUE(probe(summary, "", 100).empty());
    change("020000000022", "faults", R"({"revive":true})");
    EXPECT_TRUE(eventually([&] { return accepts_connections(address, port); }));
    EXPECT_TRUE(eventually([&] { return accepts_connections(address, media_port); }));
    EXPECT_FALSE(probe(summary, "").empty());
}

TEST(HostConfig, KasaDevicesAreFoundWhereTheyListen) {
    const json::object config{
        {"discovery_port", 0},
        {"devices", json::array{json::object{{"kind", "kasa_plug_klap"},
                                             {"model", "HS300"},
                                             {"address", "127.0.66.1"},
                                             {"mac", "02-00-00-00-00-41"}},
                                json::object{{"kind", "kasa_plug_xor"},
                                             {"model", "KL130"},
                                             {"address", "127.0.66.2"},
                                             {"mac", "02-00-00-00-00-42"},
                                             {"options", json::object{{"tcp_port", 0}, {"udp_port", 0}}}}}}};
    const auto built = build_devices(config, make_shares());
    ASSERT_TRUE(built) << built.error().what;
    for (const auto& device : *built) device->start();
    const json::object found = probe((*built)[0]->summary(), "");
    EXPECT_EQ(found.at("device_type"), "IOT.SMARTPLUGSWITCH");
    EXPECT_EQ(found.at("device_model"), "HS300(EU)");
    EXPECT_EQ(found.at("mgt_encrypt_schm").at("encrypt_type"), "KLAP");
    EXPECT_EQ(found.at("mgt_encrypt_schm").at("new_klap"), 1);
    const json::object bulb = (*built)[1]->summary();
    EXPECT_EQ(bulb.at("kind"), "kasa_plug_xor");
    EXPECT_NE(bulb.at("udp_port"), 0);
    EXPECT_TRUE(accepts_connections("127.0.66.2", bulb.at("port").to_number<int>()));
}

TEST(HostConfig, LazyWebServerWaitsForAProbe) {
    const json::object config{
        {"discovery_port", 0},
        {"devices", json::array{json::object{{"kind", "tapo_plug_klap"},
                                             {"address", "127.0.66.3"},
                                             {"options", json::object{{"lazy_http_ms", 1}}}}}}};
    const auto built = build_devices(config, make_shares());
    ASSERT_TRUE(built) << built.error().what;
    (*built)[0]->start();
    const json::object summary = (*built)[0]->summary();
    const int port = summary.at("port").to_number<int>();
    EXPECT_FALSE(accepts_connections("127.0.66.3", port));
    EXPECT_FALSE(probe(summary, "").empty());
    EXPECT_TRUE(eventually([&] { return accepts_connections("127.0.66.3", port); }));
    (*built)[0]->device().reboot();
    EXPECT_FALSE(accepts_connections("127.0.66.3", port));
}

TEST(HostConfig, NamesWhatIsWrong) {
    const HostShares shares{};
    const auto wrong = [&](const char* entry) {
        const auto built = build_device(json::parse(entry).as_object(), {}, shares);
        return built ? std::string() : built.error().what;
    };
    EXPECT_THAT(wrong(R"({"kind":"toaster"})"), ::testing::HasSubstr("toaster"));
    EXPECT_THAT(wrong(R"({"kind":"tapo_plug_klap","prot":1})"), ::testing::HasSubstr("prot"));
    EXPECT_THAT(wrong(R"({"kind":"tapo_plug_klap","mac":"nonsense"})"), ::testing::HasSubstr("mac"));
    EXPECT_THAT(wrong(R"({"kind":"tapo_plug_klap","options":{"h265":true}})"), ::testing::HasSubstr("h265"));
    EXPECT_THAT(wrong(R"({"kind":"tapo_plug_klap","options":{"load_w":"much"}})"),
                ::testing::HasSubstr("load_w"));
    EXPECT_EQ(wrong(R"({"kind":"tapo_plug_klap","options":{"load_w":12.5}})"), "");
}

TEST(HostConfig, RepeatCountsAddressAndMacUp) {
    const json::object config{{"devices", json::array{json::object{{"kind", "tapo_plug_klap"},
                                                                   {"address", "127.0.63.254"},
                                                                   {"mac", "02-00-00-00-01-FF"},
                                                                   {"alias", "Plug"},
                                                                   {"repeat", 3}}}}};
    const auto built = build_devices(config, HostShares{});
    ASSERT_TRUE(built);
    ASSERT_EQ(built->size(), 3U);
    EXPECT_EQ((*built)[2]->summary().at("address"), "127.0.64.0");
    EXPECT_EQ((*built)[2]->summary().at("mac"), "02-00-00-00-02-01");
    EXPECT_EQ((*built)[2]->summary().at("alias"), "Plug 3");
}

} // namespace
} // namespace tplink::sim
