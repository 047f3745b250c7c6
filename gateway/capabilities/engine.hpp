#pragma once
// Turns rows and a device document into state, and commands into requests. Knows no socket and no topic.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gateway/capabilities/capability.hpp"

namespace tplink::gateway {

/// What the device said last: method -> result. Answers of one method asked with different params are merged.
using Document = json::object;

/// Documents keep values the device cannot tell under this key: id -> {"value", "until"} (unix seconds).
inline constexpr std::string_view kLatched = "@latched";

/// Merges `result` of `method` into the document; objects merge deeply, everything else is replaced.
/// True when the document is another one now.
bool merge_answer(Document& document, std::string_view method, const json::value& result);

/// The row's value as published: "ON"/"OFF", number, text, ISO time; null when the document does not hold it.
json::value read_value(const Capability& row, const Document& document, std::int64_t now_unix_s);

/// Texts a DynamicChoice offers now; for Choice its options; else empty.
std::vector<std::string> options_of(const Capability& row, const Document& document);

/// What a Number row allows on this device now.
Range range_of(const Capability& row, const Document& document);

/// A command's payload as the value the device wants.
/// payload: text ("ON", "35") or JSON value. errors: refused with a sentence that names what is allowed.
Result<json::value> parse_command(const Capability& row, const json::value& payload, const Document& document);

/// errors: unsupported when the row cannot be written; those of its Build.
Result<Request> make_request(const Capability& row, const json::value& device_value, const Document& document);

/// The read request of a row, ready to send.
Request to_request(const Query& query, std::int64_t now_unix_s);

/// True when the published `value` is what the command `device_value` asked for (numbers within half a step).
bool confirms(const Capability& row, const json::value& published, const json::value& device_value);

inline bool is_writable(const Capability& row) { return !std::holds_alternative<std::monostate>(row.write); }

/// Which rows of a table one device has. A row is offered once the document answered for it; with variants of one id
/// the first that answered wins. Rows without a query are offered when their component is listed.
class Offer {
public:
    /// more: queries asked beside those of the rows.
    Offer(std::span<const Capability> table, const std::vector<Component>& components, std::vector<Query> more = {});

    /// Looks at the document again; true when the offered rows changed. Rows never go away: a value that is
    /// missing for a while is unknown, not ungrown. Only a row whose `when` no longer holds does.
    bool update(const Document& document, std::int64_t now_unix_s);

    /// The device does not know this query: its rows are out for this session.
    void drop(const Query& query);

    /// The same by name, as dropped() gave it: of an earlier run with the same firmware.
    void drop_named(std::string_view name);
    std::vector<std::string> dropped() const;
    std::size_t dropped_count() const { return dropped_.size(); }
    /// A human wants to see everything tried again.
    void undrop();

    /// No way to the device could answer this query now: it goes on being asked, offered or not, until it is answered.
    void postpone(const Query& query) { stale_ |= postponed_.emplace(query.method, query.params).second; }
    void arrived(const Query& query) { stale_ |= postponed_.erase({query.method, query.params}) != 0; }

    const std::vector<const Capability*>& rows() const { return rows_; }
    const Capability* find(std::string_view id) const;

    /// The device does not know the request of this row: the next variant of the same id takes its place and is
    /// returned; null, and nothing changes, when there is none.
    const Capability* reject(const Capability& row, const Document& document, std::int64_t now_unix_s);

    /// Distinct queries worth sending: of offered rows, and of those that could be offered and were never asked for. Good until
    /// the next call.
    const std::vector<Query>& queries(const Document& document) const;
    /// They were sent.
    void asked(std::span<const Query> queries);
    /// What became of one: rows of a query that failed are not taken in by the answer to another of the same method.
    void answered(const Query& query, bool well);

private:
    bool possible(const Capability& row, const Document& document) const;
    bool is_there(const Capability& row, const Document& document, std::int64_t now_unix_s) const;
    std::vector<const Capability*> candidates_;
    std::vector<const Capability*> rows_;
    std::vector<Query> more_;
    using Key = std::pair<std::string_view, std::string_view>;
    std::set<Key> dropped_, asked_, failed_, postponed_;
    std::set<const Capability*> rejected_;
    std::vector<const Capability*> conditional_;  // candidates with an asked_when
    // What queries() answered last, and to which answers of conditional_: nearly every poll asks it the same.
    mutable std::vector<Query> queries_;
    mutable std::vector<bool> conditions_;
    mutable bool stale_ = true;
};

/// One object with every offered property, null where unknown. `previous` keeps time stamps from jittering.
json::object render(const std::vector<const Capability*>& rows, const Document& document, const json::object& previous,
                    std::int64_t now_unix_s);

/// The same into `state`, which holds what was rendered last. True when it changed. exact: no dead bands.
/// moved: methods whose answers changed since; rows that look at others only are left as they are. Null: all are read.
bool render_into(json::object& state, const std::vector<const Capability*>& rows, const Document& document,
                 std::int64_t now_unix_s, bool exact, const std::vector<std::string_view>* moved = nullptr);

/// The methods whose answers the row's options and range are made of; true when one of them is in `moved`.
bool may_offer_other(const Capability& row, const std::vector<std::string_view>& moved);

/// Rules a table must obey: ids snake_case, variants of one id adjacent, pointers start with '/', min < max.
constexpr bool valid(std::span<const Capability> table) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Capability& row = table[i];
        if (row.id.empty() || row.name.empty()) return false;
        for (const char c : row.id)
            if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
        if (!row.pointer.empty() && row.pointer.front() != '/') return false;
        if (row.query.method.empty() && !row.also.method.empty()) return false;
        if (const auto* number = std::get_if<Number>(&row.kind); number != nullptr && !(number->min < number->max)) return false;
        for (std::size_t k = 0; k + 1 < i; ++k)
            if (table[k].id == row.id && table[i - 1].id != row.id) return false;
    }
    return true;
}

}  // namespace tplink::gateway
