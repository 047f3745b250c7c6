#pragma once
// Devices that hang on another one: outlets of a strip, sensors and cameras of a hub. One connection, several devices.

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "gateway/capabilities/engine.hpp"
#include "protocols/session.hpp"

namespace tplink::gateway {

/// How a device lists what hangs on it. Everything but the functions names members of the device's answers.
struct ChildrenOf {
    std::string_view needs{};         ///< component the parent must list; empty: the list decides
    Query list{};                     ///< answers an array of objects, one per child, at `pointer`
    std::string_view pointer{};
    std::string_view id = "device_id";  ///< the device's word for the child; goes into every request to it
    std::string_view mac{}, name{}, position{}, model{}, hardware{}, firmware{}, type{}, kind{};  ///< empty: not told
    std::string_view only_kind{};     ///< entries whose `kind` does not begin so are somebody else's
    bool name_is_base64 = false;
    std::string_view status{};        ///< "offline" there: the child is away though its hub answers; empty: not told
    std::string_view online{};        ///< false there: away as well; empty: not told
    std::string_view lands_in{};      ///< the child's entry counts as its own answer to this method: nothing more to ask
    bool list_only = false;           ///< the child does not answer that method itself: to read it anew the list is asked
    Query components{};               ///< empty method: the list's entry tells them, or nobody
    std::string_view components_pointer{};  ///< array of {<id>, <components_list>: [{<component_name>: ...}]}
    std::string_view components_list = "component_list", component_name = "id";
    std::string_view inherited{};     ///< components of the parent, by comma, that its children have as well
    int every_s = 0;                  ///< what a child is asked alone is asked that seldom at most; 0: no limit
    /// The rows of one child. kind: the text under `kind`.
    Table (*table)(std::string_view kind) = nullptr;
};

/// One entry of such a list.
struct Child {
    const ChildrenOf* how = nullptr;
    std::string id;          ///< the device's word for it
    int position = 0;        ///< from 1; 0: not told
    Identity identity;       ///< mac empty: it has none of its own
    std::string kind;
    bool away = false;       ///< the hub says it cannot be reached
    json::value entry;
};

/// What the document says hangs on the device; nothing when the list was not answered.
/// parent: its MAC and model stand in where a child has none of its own.
std::optional<std::vector<Child>> find_children(const ChildrenOf& how, const Document& document, const Identity& parent);

/// The queries that find_children() reads.
std::vector<Query> child_queries(const ChildrenOf& how);

/// The topic id: its own MAC, else "<parent>_<number>".
std::string child_topic_id(const Child& child, const std::string& parent_id, int number);

}  // namespace tplink::gateway
