// Rows of users: read, checked by line, and in use like our own.

#include <gtest/gtest.h>

#include "gateway/capabilities/profiles.hpp"

namespace tplink::gateway {
namespace {

constexpr const char* kProfile = R"(family: tapo_camera
model: C999
rows:
  - id: fog_light
    name: Fog light
    needs: fogLight
    kind: switch
    get: getFogConfig
    params: '{"fog":{"name":["light"]}}'
    value: /fog/light/enabled
    set: setFogConfig
  - id: fog_density
    name: Fog density
    kind: number
    min: 10
    max: 90
    step: 10
    unit: "%"
    as_text: true
    get: getFogConfig
    params: '{"fog":{"name":["light"]}}'
    value: /fog/light/density
    set: setFogConfig
    icon: mdi:weather-fog
  - id: fog_horn
    name: Fog horn
    kind: button
    set: blowHorn
    send: '{"fog":{"horn":{"action":"start"}}}'
)";

const Capability* find(const Table& table, std::string_view id) {
    for (const Capability& row : table.rows)
        if (row.id == id) return &row;
    return nullptr;
}

TEST(Profiles, AddRowsForOneModelThatWorkLikeOurs) {
    std::vector<ConfigFault> faults;
    const auto profiles = Profiles::parse(kProfile, "c999.yaml", faults);
    ASSERT_TRUE(faults.empty()) << faults.front().text();
    EXPECT_EQ(find(profiles->table(Family::tapo_camera, "C200"), "fog_light"), nullptr);
    EXPECT_EQ(find(profiles->table(Family::tapo_plug, "C999"), "fog_light"), nullptr);
    const Table table = profiles->table(Family::tapo_camera, "C999");
    EXPECT_NE(find(table, "privacy"), nullptr) << "ours stay";
    EXPECT_EQ(table.rows.data(), profiles->table(Family::tapo_camera, "C999").rows.data());

    Document document;
    merge_answer(document, "getFogConfig", json::object{{"fog", json::object{{"light", json::object{{"enabled", "on"}, {"density", "40"}}}}}});
    Offer offer(table.rows, {{"fogLight", 1}});
    offer.update(document, 0);
    ASSERT_NE(offer.find("fog_light"), nullptr);
    EXPECT_EQ(read_value(*offer.find("fog_light"), document, 0), json::value("ON"));
    EXPECT_EQ(read_value(*offer.find("fog_density"), document, 0), json::value(40));
    const auto value = parse_command(*offer.find("fog_density"), json::value("50"), document);
    ASSERT_TRUE(value);
    EXPECT_EQ(make_request(*offer.find("fog_density"), *value, document)->params.at("fog").at("light").at("density"), json::value("50"));
    EXPECT_FALSE(parse_command(*offer.find("fog_density"), json::value("95"), document));
    ASSERT_NE(offer.find("fog_horn"), nullptr);
    EXPECT_EQ(make_request(*offer.find("fog_horn"), nullptr, document)->params.at("fog").at("horn").at("action"), json::value("start"));
}

TEST(Profiles, AnIdWeHaveIsAFurtherVariant) {
    std::vector<ConfigFault> faults;
    const auto profiles = Profiles::parse("rows:\n  - {id: privacy, name: Privacy, kind: switch, get: getShutter, value: /shutter/on, set: setShutter}\n", "a.yaml", faults);
    ASSERT_TRUE(faults.empty()) << faults.front().text();
    const Table table = profiles->table(Family::tapo_camera, "C1");
    std::size_t at = 0;
    while (table.rows[at].id != "privacy") ++at;
    EXPECT_EQ(table.rows[at + 1].query.method, "getShutter");
}

TEST(Profiles, FaultsNameTheirLine) {
    const auto faults_of = [](const char* text) {
        std::vector<ConfigFault> faults;
        (void)Profiles::parse(text, "p.yaml", faults);
        return faults;
    };
    const auto missing = faults_of("rows:\n  - id: ok\n    name: Ok\n    kind: switch\n");
    ASSERT_FALSE(missing.empty());
    EXPECT_NE(missing.front().text().find("p.yaml:"), std::string::npos);
    const auto unknown = faults_of("rows:\n  - id: ok\n    name: Ok\n    get: getA\n    value: /a\n    colour: red\n");
    ASSERT_EQ(unknown.size(), 1U);
    EXPECT_EQ(unknown.front().line, 6) << unknown.front().text();
    EXPECT_EQ(faults_of("rows:\n  - id: Bad Id\n    name: x\n    get: a\n    value: /a\n").front().line, 2);
    EXPECT_EQ(faults_of("rows: [\n").size(), 1U);
    EXPECT_FALSE(faults_of("").empty());
    EXPECT_FALSE(faults_of("rows:\n  - {id: a, name: A, get: g, value: a}\n").empty()) << "a path begins with /";
    EXPECT_FALSE(faults_of("rows:\n  - {id: a, name: A, get: g, value: /a, params: '{'}\n").empty());
    EXPECT_FALSE(faults_of("rows:\n  - {id: a, name: A, kind: number, get: g, value: /a, set: s, min: 5, max: 1}\n").empty());
}

TEST(Profiles, AFolderThatIsNotThereHoldsNone) {
    std::vector<ConfigFault> faults;
    EXPECT_EQ(Profiles::load("/nonexistent/profiles", faults)->size(), 0U);
    EXPECT_TRUE(faults.empty());
}

}  // namespace
}  // namespace tplink::gateway
