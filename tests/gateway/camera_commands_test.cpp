// Every writable row of every recorded camera and hub: applied to a simulator loaded with the recording, and read back.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>

#include "gateway/capabilities/tables.hpp"
#include "gateway/device/execute.hpp"
#include "protocols/error_codes.hpp"
#include "protocols/tapo/camera_identity.hpp"
#include "tests/simulators/document/document_camera.hpp"
#include "tests/simulators/hand_clock.hpp"

namespace tplink::gateway {
namespace {

/// A session without login and sockets: requests go straight into the simulated camera.
class DirectSession final : public Session {
public:
    explicit DirectSession(sim::CameraInside& camera) : camera_(camera) {}
    Result<Identity> identify() override {
        Identity identity = TRY(tapo::identity_of_camera(TRY(call({"getDeviceInfo", json::parse(R"({"device_info":{"name":["basic_info"]}})")}))));
        if (const auto list = call({"getAppComponentList", json::parse(R"({"app_component":{"name":"app_component_list"}})")}))
            identity.components = tapo::components_of_camera(*list);
        return identity;
    }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override {
        std::vector<Answer> out;
        for (const Request& request : requests) out.push_back({request.method, call(request)});
        return out;
    }
    Result<json::value> call(const Request& request) override {
        const bool old = request.method == "get" || request.method == "set" || request.method == "do";
        json::object body = old ? request.params.as_object() : json::object{{"params", request.params}};
        body["method"] = request.method;
        const json::object reply = camera_.answer(body);
        const json::value* code = reply.if_contains("error_code");
        if (code != nullptr && *code != json::value(0)) return tl::unexpected(device_error(Dialect::camera, code->to_number<int>(), request.method));
        if (old) return json::value(reply);
        const json::value* result = reply.if_contains("result");
        return result == nullptr ? json::value(json::object()) : *result;
    }
    std::string_view transport() const override { return "direct"; }
    void cancel() override {}

private:
    sim::CameraInside& camera_;
};

struct Recording {
    std::string name;
    json::object document;
    std::map<std::string, json::object> children;
};

std::vector<Recording> recordings() {
    std::vector<std::filesystem::path> folders = {std::filesystem::path(TEST_DATA_DIR) / "documents/tapo_camera", std::filesystem::path(TEST_DATA_DIR) / "documents/tapo_hub"};
    if (const char* more = std::getenv("DEVICE_DOCUMENTS_DIR"); more != nullptr) folders.push_back(std::filesystem::path(more) / "smartcam");
    std::vector<Recording> out;
    for (const auto& folder : folders) {
        if (!std::filesystem::exists(folder)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() != ".json") continue;
            std::ifstream in(entry.path(), std::ios::binary);
            const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
            Recording recording{entry.path().filename(), json::parse(text).as_object(), {}};
            if (const json::value* children = recording.document.if_contains("children"))
                for (const auto& [id, child] : children->as_object()) recording.children[std::string(id)] = child.as_object();
            recording.document.erase("children");
            out.push_back(std::move(recording));
        }
    }
    return out;
}

class StillClock final : public Clock {
public:
    SteadyTime now() const override { return SteadyTime{} + 1h; }
    WallTime wall() const override { return WallTime{} + std::chrono::seconds(1'800'000'000); }
};

/// Another value than the present one; nothing when there is none to choose.
std::optional<json::value> another(const Capability& row, const json::value& now, const Document& document) {
    if (std::holds_alternative<Press>(row.kind)) return json::value("PRESS");
    if (std::holds_alternative<OnOff>(row.kind)) return json::value(now == json::value("ON") ? "OFF" : "ON");
    if (const auto* number = std::get_if<Number>(&row.kind)) {
        const Range range = range_of(row, document);
        const double low = row.spent ? number->step * 2 : range.min;
        return json::value(now == json::value(static_cast<std::int64_t>(low)) ? range.max : low);
    }
    if (std::holds_alternative<Text>(row.kind)) {
        const bool place = now.is_string() && now.get_string().find(' ') != std::string_view::npos;
        if (row.id == "time_zone") return json::value(place ? "Europe/Athens UTC+02:00" : "UTC+02:00");
        if (row.id.ends_with("_time")) return json::value(row.id == "reboot_time" ? "04:30:00" : "04:30");
        return json::value("Corner");
    }
    for (const std::string& option : options_of(row, document))
        if (json::value(json::string(option)) != now && option != "own plan") return json::value(json::string(option));
    return std::nullopt;
}

/// What one recording's rows do when used.
class Fitting {
public:
    explicit Fitting(const Recording& recording)
        : camera(recording.document, recording.children, {}, hand.world()), session(camera), unit("020000000001", "") {
        const auto identity = session.identify();
        EXPECT_TRUE(identity) << identity.error().what;
        if (identity) unit.adopt(*identity, table_of(Family::tapo_camera), {});
        (void)session.call({"setLensMaskConfig", json::parse(R"({"lens_mask":{"lens_mask_info":{"enabled":"off"}}})")});  // covered, no motor moves
        for (int round = 0; round < 3; ++round) ask();
    }
    void ask() { EXPECT_TRUE(unit.ask(session, unit.due(clock.now(), Ask::all), clock)); }
    std::string use(const Capability& row) {
        const auto value = another(row, read_value(row, unit.document(), 1'800'000'000), unit.document());
        if (!value) return {};
        ++used;
        const CommandTools tools{session, clock, [] {}, [](std::chrono::milliseconds) { return true; }};
        PropertyCommand command;
        command.property = row.id;
        command.value = *value;
        const auto done = execute(unit, command, tools);
        return done.result.ok() ? std::string() : done.result.code + ": " + done.result.message + " for " + json::serialize(*value);
    }

    StillClock clock;
    sim::HandClock hand;
    sim::DocumentCamera camera;
    DirectSession session;
    DeviceUnit unit;
    int used = 0;
};

TEST(CameraCommands, EveryWritableRowOfEveryRecordingIsSetAndReadBack) {
    int used = 0, unknown_there = 0;
    std::set<std::string> proven;  // rows that some recording's simulator took and gave back
    for (const Recording& recording : recordings()) {
        SCOPED_TRACE(recording.name);
        std::vector<std::string> ids;
        {
            Fitting fitting(recording);
            for (const Capability* row : fitting.unit.offer().rows())
                if (is_writable(*row)) ids.emplace_back(row->id);
        }
        for (const std::string& id : ids) {
            Fitting fitting(recording);  // fresh: what privacy or a move does to others is not the question here
            const Capability* row = fitting.unit.offer().find(id);
            ASSERT_NE(row, nullptr) << id;
            const std::string said = fitting.use(*row);
            // Recordings hold what getters say: what has none there (an action, another name) the simulator cannot know.
            const bool unknown = said.starts_with("unsupported: ") || said.find("an alarm needs sound or light") != std::string::npos;
            if (unknown) ++unknown_there;
            if (said.empty() && fitting.used > 0) proven.insert(id);
            EXPECT_TRUE(said.empty() || unknown) << id << ": " << said;
            used += fitting.used;
        }
    }
    for (const Capability& row : tapo_camera_table()) {
        EXPECT_TRUE(!is_writable(row) || proven.contains(std::string(row.id))) << row.id << ": no recording proves that it can be set and read back";
    }
    EXPECT_GT(used, 60);
    EXPECT_LT(unknown_there * 10, used) << "most is really tried";
}

}  // namespace
}  // namespace tplink::gateway
