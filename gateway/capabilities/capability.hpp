#pragma once
// The vocabulary of capability tables: one row is one thing a device can tell or do.
// Discovery, state, polling, range checks, commands, the page's controls, docs and tests derive from the rows.

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/base/result.hpp"
#include "protocols/session.hpp"

namespace tplink::gateway {

struct OnOff {  ///< two states; published as "ON"/"OFF"
    std::string_view on = "on", off = "off";  ///< the device's spelling; "true"/"1" are sent as JSON true/1
    bool any_other_is_on = false;             ///< everything but `off` reads as on (LED rules, heat levels)
};
struct Range {
    double min = 0, max = 0;
    bool operator==(const Range&) const = default;
};
/// What one device allows, read from its document; nothing while it has not said.
using RangeOf = std::optional<Range> (*)(const json::object& document);

struct Number {
    double min = 0, max = 0, step = 1;
    bool as_text = false;  ///< the device wants "80", not 80
    double scale = 1;      ///< published = device value * scale (mW -> W: 0.001)
    double dead_band = 0;  ///< a smaller change is not worth a message, nor is one below 1 %; 0: every change is
    RangeOf range = nullptr;  ///< the device's own limits; null: min and max count for all
};
struct Choice {  ///< one of a fixed list; published as spelled here
    std::span<const std::string_view> options;
    std::span<const std::string_view> device{};  ///< the device's spellings in the same order; empty: the same
    /// Where the device lists which spellings it takes; empty, or nothing found there: all.
    std::string_view allowed_method{}, allowed_pointer{};
};
struct DynamicChoice {  ///< options come from the device (presets): `options` points at a list in the document
    std::string_view options_pointer{};
    std::vector<std::string> (*options)(const json::object& document) = nullptr;  ///< instead, when they must be made
    std::string_view options_method{};  ///< whose result holds the list; empty: the row's own query
    std::string_view field{};           ///< items are objects: this member is the text
};
struct HueSaturation {};  ///< a colour; published as "120,50": degrees 0 to 360, percent. The device value is [h, s]
struct Text {};
struct Timestamp {};  ///< published as ISO 8601 with offset
struct Press {              ///< stateless action
    bool may_not_answer = false;  ///< the device may go before it replies (reboot): silence is success
};
using Kind = std::variant<OnOff, Number, Choice, DynamicChoice, Text, Timestamp, Press, HueSaturation>;

/// True or false of a device document.
using Test = bool (*)(const json::object& document);

/// A read request. `params`: JSON text, empty for none. `every_s`: 0 polls at the device's own interval.
struct Query {
    std::string_view method, params;
    int every_s = 0;
    Test busy = nullptr;  ///< while true it is asked at the device's own interval all the same (an update under way)
    json::value (*dated)(std::int64_t now_unix_s) = nullptr;  ///< params that name a date, instead of `params`
    bool operator==(const Query&) const = default;
};

/// What a row may look at when it turns a value into a request.
struct WriteContext {
    const json::object& document;  ///< the device document: method -> result
};

struct Set {  ///< the value, in the device's spelling, lands at `pointer` inside params
    std::string_view method, pointer;
    bool whole = false;  ///< params start as the whole object last read by the row's query: the device wants all of it
    std::string_view fixed{};  ///< JSON text of the params, sent as they are (buttons of profiles); empty: the value decides
};
using Build = Result<Request> (*)(const json::value& device_value, const WriteContext& context);  ///< the odd ones
/// What must be sent first, because it is in the way of the value; nothing: go ahead.
using Before = std::optional<Request> (*)(const json::value& device_value, const WriteContext& context);
using Write = std::variant<std::monostate, Set, Build>;  ///< monostate: read-only

/// Turns the whole document into the value when a pointer cannot say it (on-since from on_time). Null: absent.
using Derive = json::value (*)(const json::object& document, std::int64_t now_unix_s);

enum class Category { main, config, diagnostic };

struct Hint {  ///< Home Assistant's words for it
    std::string_view device_class{}, unit{}, icon{};
    Category category = Category::main;
    std::string_view state_class{};
    int precision = -1;        ///< suggested display precision; -1: none
    bool enabled = true;       ///< enabled_by_default
    bool main_entity = false;  ///< bears the device's name alone
    std::string_view component{};  ///< another platform than Kind implies: "siren"
};

struct Capability {
    std::string_view id{};     ///< public: topics, unique_id; never renamed, never reused
    std::string_view name{};   ///< English, sentence case
    std::string_view needs{};  ///< component that must be listed; empty: always offered
    std::string_view unless{}; ///< component that must not be listed
    Kind kind{};
    Query query{};             ///< empty method: the row is only written
    std::string_view pointer{};  ///< RFC 6901, into the result of `query.method`
    Write write{};
    Hint hint{};
    Derive derive = nullptr;   ///< instead of `pointer`
    int latch_s = 0;           ///< the device has no getter: after a confirmed command the value stays on that long
    Test when = nullptr;       ///< offered only when true of the document; null: always
    Query also{};              ///< asked together with `query`, before it: limits, lists of options, a check to start
    Test asked_when = nullptr; ///< offered, and asked for at all, only while true: a second lens, a finer scale
    bool toggles = false;      ///< the request flips the state: read first, send only when it differs
    bool spent = false;        ///< the value is used up by the command (pan by 10 degrees): nothing to compare with
    Before before = nullptr;   ///< asked for each command, before `write`
};

/// Several rows that Home Assistant shows as one entity. Members are row ids; the composite appears when its anchor
/// is offered, with those of the members that are. Members vanish as entities of their own, except `installed`.
struct Composite {
    std::string_view component{};  ///< "light", "siren", "update"
    std::string_view id{}, name{};
    Hint hint{};
    std::string_view anchor{};     ///< row that makes it appear; empty: power or installed
    // light; color: a HueSaturation row, color_temp: in kelvin, color_mode: "color_temp", "hs" or "brightness"
    std::string_view power{}, brightness{}, color_temp{}, color{}, color_mode{}, effect{};
    // siren: power only
    // update; in_progress: ON/OFF, percentage: 0 to 100, install: Press
    std::string_view installed{}, latest{}, in_progress{}, percentage{}, install{};

    std::string_view first() const { return !anchor.empty() ? anchor : installed.empty() ? power : installed; }
    std::array<std::string_view, 10> members() const {
        return {power, brightness, color_temp, color, color_mode, effect, latest, in_progress, percentage, install};
    }
};

struct ChildrenOf;  // children.hpp

/// Everything a kind of device can tell, do and carry.
struct Table {
    std::span<const Capability> rows{};
    std::span<const Composite> composites{};
    std::span<const ChildrenOf> children{};  ///< kinds of devices that may hang on it
    bool empty() const { return rows.empty(); }
};

}  // namespace tplink::gateway
