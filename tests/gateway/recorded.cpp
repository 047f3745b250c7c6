#include "tests/gateway/recorded.hpp"

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/capabilities/energy.hpp"
#include "protocols/base/bytes.hpp"
#include "protocols/kasa/iot.hpp"

namespace tplink::gateway::recorded {
namespace {

std::optional<json::object> read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    boost::system::error_code ec;
    const json::value value = json::parse(text, ec);
    return ec || !value.is_object() ? std::nullopt : std::optional(value.get_object());
}

/// Recordings hold {"error_code": n} where the device refused: the session would have reported that, not the result.
bool is_refusal(const json::value& value) {
    const json::object* object = value.if_object();
    if (object == nullptr) return false;
    const json::value* code = object->if_contains("error_code");
    if (code == nullptr) code = object->if_contains("err_code");
    return code != nullptr && code->is_int64() && code->get_int64() != 0;
}

std::string text(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<Component> components_of(const json::object& holder) {
    std::vector<Component> out;
    const json::value* nego = holder.if_contains("component_nego");
    const json::value* list = nego != nullptr && nego->is_object() ? nego->get_object().if_contains("component_list") : nullptr;
    if (list != nullptr && list->is_array())
        for (const json::value& item : list->get_array()) out.push_back({text(item.as_object(), "id"), 1});
    return out;
}

Document answers_of(const json::object& raw) {
    Document out;
    for (const auto& [method, result] : raw)
        if (result.is_object() && method != "discovery_result" && method != "child_devices" && !is_refusal(result)) out[method] = result;
    return out;
}

Recording smart(const json::object& raw) {
    Recording recording;
    recording.family = Family::tapo_plug;
    recording.document = answers_of(raw);
    const json::object& info = recording.document.at("get_device_info").as_object();
    recording.identity.mac = normalize_mac(text(info, "mac")).value_or("");
    recording.identity.model = text(info, "model");
    recording.identity.device_type = text(info, "type");
    recording.identity.components = components_of(recording.document);
    if (const json::value* children = raw.if_contains("child_devices"); children != nullptr && children->is_object()) recording.child_documents = children->get_object();
    return recording;
}

Recording iot(const json::object& raw) {
    Recording recording;
    recording.family = Family::kasa_plug;
    for (const auto& [module, commands] : raw) {
        if (!commands.is_object() || module == "discovery_result") continue;
        for (const auto& [command, result] : commands.get_object()) {
            if (!result.is_object() || is_refusal(result)) continue;
            json::object clean = result.get_object();
            clean.erase("err_code");
            recording.document[std::string(module) + "." + std::string(command)] = std::move(clean);
        }
    }
    recording.identity = kasa::identity_of_sysinfo(kasa::sysinfo_of(recording.document.at("system.get_sysinfo").as_object()));
    return recording;
}

}  // namespace

std::vector<Recording> plugs() {
    std::vector<std::pair<std::filesystem::path, bool>> folders = {{std::filesystem::path(TEST_DATA_DIR) / "documents/tapo_plug", false},
                                                                   {std::filesystem::path(TEST_DATA_DIR) / "documents/kasa_plug", true}};
    if (const char* more = std::getenv("DEVICE_DOCUMENTS_DIR"); more != nullptr) {
        folders.emplace_back(std::filesystem::path(more) / "smart", false);
        folders.emplace_back(std::filesystem::path(more) / "iot", true);
    }
    std::vector<Recording> out;
    for (const auto& [folder, is_iot] : folders) {
        if (!std::filesystem::exists(folder)) continue;
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const auto raw = entry.path().extension() == ".json" ? read(entry.path()) : std::nullopt;
            if (!raw) continue;
            Recording recording = is_iot ? iot(*raw) : smart(*raw);
            recording.name = entry.path().stem();
            if (recording.identity.device_type.find("CAMERA") == std::string::npos) out.push_back(std::move(recording));
        }
    }
    return out;
}

std::vector<ChildRecording> children(const Recording& recording) {
    std::vector<ChildRecording> out;
    for (const ChildrenOf& how : table_of(recording.family).children) {
        const auto found = find_children(how, recording.document, recording.identity);
        if (!found) continue;
        for (const Child& child : *found) {
            ChildRecording one{child.id, child.kind, how.table(child.kind), child.identity.components, {}};
            if (const json::value* own = recording.child_documents.if_contains(child.id); own != nullptr && own->is_object()) one.document = answers_of(own->get_object());
            if (const json::value* meter = recording.document.if_contains("emeter.get_realtime")) one.document["emeter.get_realtime"] = *meter;
            merge_answer(one.document, how.lands_in, child.entry);
            out.push_back(std::move(one));
        }
    }
    return out;
}

json::object sums(const std::vector<ChildRecording>& children) {
    std::vector<json::object> states;
    for (const ChildRecording& child : children) {
        Offer offer(child.table.rows, child.components);
        offer.update(child.document, kNow);
        states.push_back(render(offer.rows(), child.document, {}, kNow));
    }
    std::vector<const json::object*> pointers;
    for (const json::object& state : states) pointers.push_back(&state);
    return sum_of(pointers);
}

std::optional<json::object> features() {
    const char* documents = std::getenv("DEVICE_DOCUMENTS_DIR");
    if (documents == nullptr) return std::nullopt;
    const auto all = read(std::filesystem::path(documents).parent_path() / "vectors" / "plugs-features.json");
    return all ? std::optional(all->at("fixtures").as_object()) : std::nullopt;
}

}  // namespace tplink::gateway::recorded
