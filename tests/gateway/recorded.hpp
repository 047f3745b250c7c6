#pragma once
// Recorded plugs, strips, switches and bulbs as the sessions would have answered: our own under tests/documents, and those
// under DEVICE_DOCUMENTS_DIR when it is set.

#include <string>
#include <vector>

#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway::recorded {

inline constexpr std::int64_t kNow = 1'800'000'000;

struct Recording {
    std::string name;
    Family family = Family::automatic;
    Identity identity;
    Document document;
    json::object child_documents;  ///< child id -> method -> result
};

struct ChildRecording {
    std::string id, kind;
    Table table;
    std::vector<Component> components;
    Document document;
};

std::vector<Recording> plugs();
/// Strips were recorded without their outlets' meters: the strip's own reading stands for each.
std::vector<ChildRecording> children(const Recording& recording);
/// What the actor would add up.
json::object sums(const std::vector<ChildRecording>& children);
/// What another implementation derives, by name of the recording; nothing without DEVICE_DOCUMENTS_DIR.
std::optional<json::object> features();

}  // namespace tplink::gateway::recorded
