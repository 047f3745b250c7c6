#include "gateway/capabilities/engine.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <cstdint>

#include "protocols/base/bytes.hpp"

namespace tplink::gateway {
namespace {

template <class... F> struct Overloaded : F... {
    using F::operator()...;
};
template <class... F> Overloaded(F...) -> Overloaded<F...>;

/// Whole numbers as int64: a double 80.0 would be printed as 8E1.
json::value number_value(double value) {
    const double rounded = std::round(value);
    if (std::abs(value - rounded) < 1e-9 && std::abs(value) < 9e15) return json::value(static_cast<std::int64_t>(rounded));
    return json::value(std::round(value * 1e6) / 1e6);
}

std::optional<double> to_number(const json::value& value) {
    if (value.is_double()) return value.get_double();
    if (value.is_int64()) return static_cast<double>(value.get_int64());
    if (value.is_uint64()) return static_cast<double>(value.get_uint64());
    if (!value.is_string()) return std::nullopt;
    const std::string text(value.get_string());
    if (text.empty() || text.size() > 40) return std::nullopt;
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    if (*end != '\0' || !std::isfinite(number)) return std::nullopt;
    return number;
}

/// Booleans and numbers as the tables spell them.
std::string to_text(const json::value& value) {
    if (value.is_string()) return std::string(value.get_string());
    if (value.is_bool()) return value.get_bool() ? "true" : "false";
    return json::serialize(value);
}

/// "true" and "1" of a table become JSON true and 1; other spellings stay text.
json::value from_spelling(std::string_view text) {
    if (text == "true") return json::value(true);
    if (text == "false") return json::value(false);
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec == std::errc{} && end == text.data() + text.size()) return json::value(number);
    return json::value(json::string(text));
}

const json::value* lookup(const Document& document, std::string_view method, std::string_view pointer) {
    const json::value* result = document.if_contains(method);
    if (result == nullptr) return nullptr;
    if (const json::object* object = result->if_object(); object != nullptr && pointer.size() > 1 && pointer.find_first_of("/~", 1) == pointer.npos)
        return object->if_contains(pointer.substr(1));  // nearly all: one step needs no parser
    boost::system::error_code ec;
    return pointer.empty() ? result : result->find_pointer(pointer, ec);
}

std::string iso_utc(std::int64_t unix_s) {
    const std::time_t time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S+00:00", &parts);
    return text;
}

/// Home Assistant refuses states over 255 characters; cut between UTF-8 characters, never inside one.
std::string shortened(std::string text) {
    constexpr std::size_t kLongest = 255;
    if (text.size() <= kLongest) return text;
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

json::value latched(const Capability& row, const Document& document, std::int64_t now) {
    const json::value* all = document.if_contains(kLatched);
    const json::value* entry = all != nullptr && all->is_object() ? all->get_object().if_contains(row.id) : nullptr;
    if (entry == nullptr) return json::value("OFF");
    const bool running = entry->at("until").to_number<std::int64_t>() > now;
    return running ? entry->at("value") : json::value("OFF");
}

/// [h, s] -> "h,s".
json::value publish_color(const json::value& raw) {
    const json::array* pair = raw.if_array();
    if (pair == nullptr || pair->size() != 2) return json::value(nullptr);
    const auto hue = to_number((*pair)[0]);
    const auto saturation = to_number((*pair)[1]);
    if (!hue || !saturation) return json::value(nullptr);
    return json::value(json::string(json::serialize(number_value(*hue)) + "," + json::serialize(number_value(*saturation))));
}

/// "120,50", "120.4,50.9" -> [120, 51].
Result<json::value> parse_color(const json::value& payload) {
    const std::string text = payload.is_string() ? std::string(payload.get_string()) : std::string();
    const auto comma = text.find(',');
    const auto part = [](const std::string& one) { return to_number(json::value(json::string(one))); };
    const auto hue = comma == std::string::npos ? std::nullopt : part(text.substr(0, comma));
    const auto saturation = comma == std::string::npos ? std::nullopt : part(text.substr(comma + 1));
    if (!hue || !saturation || *hue < 0 || *hue > 360 || *saturation < 0 || *saturation > 100)
        return fail(Errc::refused, "expected hue 0 to 360 and saturation 0 to 100, like 120,50");
    return json::value(json::array{number_value(std::round(*hue)), number_value(std::round(*saturation))});
}

json::value publish(const Capability& row, const json::value& raw, const Document& document) {
    return std::visit(
        Overloaded{
            [&](const OnOff& kind) -> json::value {
                const std::string text = to_text(raw);
                if (text == kind.off) return json::value("OFF");
                if (text == kind.on || kind.any_other_is_on) return json::value("ON");
                return json::value(nullptr);
            },
            [&](const Number& kind) -> json::value {
                const auto number = to_number(raw);
                return number ? number_value(*number * kind.scale) : json::value(nullptr);
            },
            [&](const Choice& kind) -> json::value {
                const std::string text = to_text(raw);
                const auto spelled = kind.device.empty() ? kind.options : kind.device;
                const auto at = std::find(spelled.begin(), spelled.end(), text);
                if (at == spelled.end()) return json::value(nullptr);
                return json::value(json::string(kind.options[static_cast<std::size_t>(at - spelled.begin())]));
            },
            [&](const DynamicChoice&) -> json::value {
                const std::string text = to_text(raw);
                const auto options = options_of(row, document);
                if (std::find(options.begin(), options.end(), text) == options.end()) return json::value(nullptr);
                return json::value(json::string(text));
            },
            [&](const Text&) -> json::value {
                if (raw.is_object() || raw.is_array() || raw.is_null()) return json::value(nullptr);
                return json::value(json::string(shortened(to_text(raw))));
            },
            [&](const Timestamp&) -> json::value {
                const auto number = to_number(raw);
                if (!number || *number <= 0 || *number > 1e11) return json::value(nullptr);
                return json::value(json::string(iso_utc(static_cast<std::int64_t>(*number))));
            },
            [&](const Press&) -> json::value { return json::value(nullptr); },
            [&](const HueSaturation&) -> json::value { return publish_color(raw); },
        },
        row.kind);
}

std::string joined(const std::vector<std::string>& options) {
    std::string text;
    for (const std::string& option : options) text += (text.empty() ? "" : ", ") + option;
    return text;
}

Result<json::value> parse_on_off(const OnOff& kind, const json::value& payload) {
    const std::string text = ascii_upper(to_text(payload));
    if (text == "ON" || text == "TRUE" || text == "1") return from_spelling(kind.on);
    if (text == "OFF" || text == "FALSE" || text == "0") return from_spelling(kind.off);
    return fail(Errc::refused, "expected ON or OFF");
}

Result<json::value> parse_number(const Number& kind, const Range& range, const json::value& payload) {
    const auto number = to_number(payload);
    const auto text = [](double value) { return json::serialize(number_value(value)); };
    if (!number || !std::isfinite(*number) || *number < range.min || *number > range.max)
        return fail(Errc::refused, "expected a number from " + text(range.min) + " to " + text(range.max));
    const double steps = std::round((*number - kind.min) / kind.step);
    const json::value device = number_value((kind.min + steps * kind.step) / kind.scale);
    if (kind.as_text) return json::value(json::string(json::serialize(device)));
    return device;
}

Result<json::value> parse_option(const Capability& row, const json::value& payload, const Document& document) {
    const auto options = options_of(row, document);
    const std::string text = to_text(payload);
    const auto at = std::find(options.begin(), options.end(), text);
    if (at == options.end())
        return fail(Errc::refused, options.empty() ? "the device has no options yet" : "expected one of: " + joined(options));
    const auto* fixed = std::get_if<Choice>(&row.kind);
    if (fixed == nullptr || fixed->device.empty()) return json::value(json::string(text));
    const auto place = std::find(fixed->options.begin(), fixed->options.end(), text);  // in all, not only the allowed ones
    return from_spelling(fixed->device[static_cast<std::size_t>(place - fixed->options.begin())]);
}

void set_at(json::value& target, std::string_view pointer, const json::value& value) {
    json::value* at = &target;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto slash = std::min(pointer.find('/'), pointer.size());
        if (!at->is_object()) at->emplace_object();
        at = &at->get_object()[pointer.substr(0, slash)];
        pointer.remove_prefix(slash);
    }
    *at = value;
}

/// True when it changed anything.
bool merge(json::value& target, const json::value& source) {
    if (!target.is_object() || !source.is_object()) {
        if (target == source && target.kind() == source.kind()) return false;
        target = source;
        return true;
    }
    bool changed = false;
    json::object& known = target.get_object();
    std::ptrdiff_t place = 0;  // devices name their members in the same order every time: then none is searched for
    for (const auto& [key, value] : source.get_object()) {
        const bool here = static_cast<std::size_t>(place) < known.size() && (known.begin() + place)->key() == key;
        changed |= merge(here ? (known.begin() + place)->value() : known[key], value);
        ++place;
    }
    return changed;
}

constexpr std::size_t kMaxOptions = 256;

bool holds(const json::array& list, std::string_view text) {
    return std::any_of(list.begin(), list.end(), [&](const json::value& item) { return item.is_string() && item.get_string() == text; });
}

const json::value* member_of(const json::value& value, std::string_view key) {
    return value.is_object() ? value.get_object().if_contains(key) : nullptr;
}

/// Bytes that `value` holds, about.
std::size_t size_of(const json::value& value) {
    std::size_t size = sizeof value;
    if (value.is_string()) size += value.get_string().size();
    if (value.is_array())
        for (const json::value& item : value.get_array()) size += size_of(item);
    if (value.is_object())
        for (const auto& [key, member] : value.get_object()) size += key.size() + size_of(member);
    return size;
}

}  // namespace

bool merge_answer(Document& document, std::string_view method, const json::value& result) {
    constexpr std::size_t kMaxAnswer = 1U << 20;  // a device that names new keys at every poll must not fill the memory
    json::value& known = document[method];
    if (!merge(known, result)) return false;
    if (size_of(known) > kMaxAnswer) known = result;
    return true;
}

json::value read_value(const Capability& row, const Document& document, std::int64_t now_unix_s) {
    if (row.latch_s > 0) return latched(row, document, now_unix_s);
    if (row.derive != nullptr) {
        const json::value raw = row.derive(document, now_unix_s);
        return raw.is_null() ? raw : publish(row, raw, document);
    }
    if (row.pointer.empty()) return json::value(nullptr);
    const json::value* raw = lookup(document, row.query.method, row.pointer);
    return raw == nullptr ? json::value(nullptr) : publish(row, *raw, document);
}

std::vector<std::string> options_of(const Capability& row, const Document& document) {
    std::vector<std::string> options;
    if (const auto* fixed = std::get_if<Choice>(&row.kind)) {
        const json::value* allowed =
            fixed->allowed_method.empty() ? nullptr : lookup(document, fixed->allowed_method, fixed->allowed_pointer);
        const auto spelled = fixed->device.empty() ? fixed->options : fixed->device;
        for (std::size_t i = 0; i < fixed->options.size(); ++i)
            if (allowed == nullptr || !allowed->is_array() || holds(allowed->get_array(), spelled[i]))
                options.emplace_back(fixed->options[i]);
    } else if (const auto* dynamic = std::get_if<DynamicChoice>(&row.kind)) {
        if (dynamic->options != nullptr) return dynamic->options(document);
        const std::string_view method = dynamic->options_method.empty() ? row.query.method : dynamic->options_method;
        const json::value* list = lookup(document, method, dynamic->options_pointer);
        if (list == nullptr || !list->is_array()) return options;
        for (const json::value& item : list->get_array()) {
            const json::value* text = dynamic->field.empty() ? &item : member_of(item, dynamic->field);
            if (text != nullptr && text->is_string() && options.size() < kMaxOptions) options.emplace_back(text->get_string());
        }
    }
    return options;
}

Range range_of(const Capability& row, const Document& document) {
    const auto* number = std::get_if<Number>(&row.kind);
    if (number == nullptr) return {};
    if (number->range != nullptr)
        if (const auto own = number->range(document); own && own->min < own->max) return *own;
    return {number->min, number->max};
}

Result<json::value> parse_command(const Capability& row, const json::value& payload, const Document& document) {
    return std::visit(Overloaded{
                          [&](const OnOff& kind) { return parse_on_off(kind, payload); },
                          [&](const Number& kind) { return parse_number(kind, range_of(row, document), payload); },
                          [&](const Choice&) { return parse_option(row, payload, document); },
                          [&](const DynamicChoice&) { return parse_option(row, payload, document); },
                          [&](const Text&) -> Result<json::value> {
                              const std::string text = payload.is_object() || payload.is_array() || payload.is_null() ? std::string() : to_text(payload);
                              if (text.empty() || text.size() > 255) return fail(Errc::refused, "expected 1 to 255 characters");
                              return json::value(json::string(text));
                          },
                          [&](const Timestamp&) -> Result<json::value> { return fail(Errc::refused, "a time cannot be set"); },
                          [&](const Press&) -> Result<json::value> {
                              const std::string text = ascii_upper(to_text(payload));
                              if (text != "PRESS" && text != "ON" && text != "TRUE")
                                  return fail(Errc::refused, "expected PRESS");
                              return json::value(nullptr);
                          },
                          [&](const HueSaturation&) { return parse_color(payload); },
                      },
                      row.kind);
}

Result<Request> make_request(const Capability& row, const json::value& device_value, const Document& document) {
    return std::visit(
        Overloaded{
            [&](const std::monostate&) -> Result<Request> { return fail(Errc::unsupported, std::string(row.id) + " is read-only"); },
            [&](const Set& set) -> Result<Request> {
                json::value params = json::object();
                if (!set.fixed.empty()) {
                    boost::system::error_code ec;
                    return Request{std::string(set.method), json::parse(set.fixed, ec)};
                }
                if (set.whole) {
                    const json::value* whole = document.if_contains(row.query.method);
                    if (whole == nullptr) return fail(Errc::refused, std::string(row.id) + ": not read from the device yet");
                    params = *whole;
                }
                json::value value = device_value;
                const json::value* current = lookup(document, row.query.method, row.pointer);
                if (current != nullptr && current->is_string() && !value.is_string()) value = json::string(to_text(value));
                set_at(params, set.pointer, value);
                return Request{std::string(set.method), std::move(params)};
            },
            [&](const Build& build) -> Result<Request> { return build(device_value, WriteContext{document}); },
        },
        row.write);
}

Request to_request(const Query& query, std::int64_t now_unix_s) {
    if (query.dated != nullptr) return {std::string(query.method), query.dated(now_unix_s)};
    boost::system::error_code ec;
    json::value params = query.params.empty() ? json::value(nullptr) : json::parse(query.params, ec);
    return {std::string(query.method), std::move(params)};
}

bool confirms(const Capability& row, const json::value& published, const json::value& device_value) {
    if (std::holds_alternative<Press>(row.kind) || row.spent) return true;
    if (std::holds_alternative<DynamicChoice>(row.kind))
        return (row.pointer.empty() && row.derive == nullptr) || published.is_null() || published == device_value;  // null: it has no getter
    const json::value expected = publish(row, device_value, {});
    if (const auto* number = std::get_if<Number>(&row.kind)) {
        const auto a = to_number(published);
        const auto b = to_number(expected);
        return a && b && std::abs(*a - *b) <= number->step / 2;
    }
    return published == expected;
}

Offer::Offer(std::span<const Capability> table, const std::vector<Component>& components, std::vector<Query> more) : more_(std::move(more)) {
    const auto has = [&](std::string_view name) {
        return std::any_of(components.begin(), components.end(), [&](const Component& c) { return c.name == name; });
    };
    for (const Capability& row : table) {
        const bool listed = (row.needs.empty() || components.empty() || has(row.needs)) && (row.unless.empty() || !has(row.unless));
        // Without a component list a row can be trusted only when its query answers.
        const bool provable = !components.empty() || row.needs.empty() || !row.query.method.empty();
        if (listed && provable) candidates_.push_back(&row);
    }
    for (const Capability* row : candidates_)
        if (row->asked_when != nullptr) conditional_.push_back(row);
}

bool Offer::possible(const Capability& row, const Document& document) const {
    return !rejected_.contains(&row) && (row.asked_when == nullptr || row.asked_when(document));
}

bool Offer::is_there(const Capability& row, const Document& document, std::int64_t now_unix_s) const {
    if (row.when != nullptr && !row.when(document)) return false;
    if (row.query.method.empty()) return true;
    const auto* dynamic = std::get_if<DynamicChoice>(&row.kind);
    if (dynamic != nullptr && dynamic->options != nullptr) return !dynamic->options(document).empty();
    if (row.derive != nullptr) {
        if (!row.pointer.empty()) return lookup(document, row.query.method, row.pointer) != nullptr;
        return row.when != nullptr || !row.derive(document, now_unix_s).is_null() || lookup(document, row.query.method, "") != nullptr;
    }
    if (dynamic != nullptr && row.pointer.empty())
        return lookup(document, dynamic->options_method.empty() ? row.query.method : dynamic->options_method, dynamic->options_pointer) != nullptr;
    return lookup(document, row.query.method, row.pointer) != nullptr;
}

bool Offer::update(const Document& document, std::int64_t now_unix_s) {
    std::vector<const Capability*> rows;
    rows.reserve(candidates_.size());
    std::size_t next = 0;  // those offered stand in the order of the candidates
    for (const Capability* row : candidates_) {
        const bool was = next < rows_.size() && rows_[next] == row;
        if (was) ++next;
        if (!rows.empty() && rows.back()->id == row->id) continue;  // an earlier variant won
        if (!possible(*row, document)) continue;
        const Key key{row->query.method, row->query.params};
        if (was || (!dropped_.contains(key) && !failed_.contains(key) && is_there(*row, document, now_unix_s)))
            rows.push_back(row);
    }
    if (rows == rows_) return false;
    stale_ = true;
    rows_ = std::move(rows);
    return true;
}

void Offer::drop(const Query& query) { stale_ |= dropped_.emplace(query.method, query.params).second; }

namespace {

std::string name_of(std::string_view method, std::string_view params) { return std::string(method) + (params.empty() ? "" : " ") + std::string(params); }

}  // namespace

void Offer::drop_named(std::string_view name) {
    const auto look = [&](const Query& query) {
        if (!query.method.empty() && name.starts_with(query.method) && name_of(query.method, query.params) == name) drop(query);
    };
    for (const Capability* row : candidates_) {
        look(row->query);
        look(row->also);
    }
    for (const Query& query : more_) look(query);
}

std::vector<std::string> Offer::dropped() const {
    std::vector<std::string> names;
    for (const auto& [method, params] : dropped_) names.push_back(name_of(method, params));
    return names;
}

void Offer::undrop() {
    for (const Key& key : dropped_) asked_.erase(key);
    dropped_.clear();
    stale_ = true;
}

const Capability* Offer::reject(const Capability& row, const Document& document, std::int64_t now_unix_s) {
    rejected_.insert(&row);
    stale_ = true;
    update(document, now_unix_s);
    const Capability* next = find(row.id);
    if (next != nullptr) return next;
    rejected_.erase(&row);
    update(document, now_unix_s);
    return nullptr;
}

void Offer::asked(std::span<const Query> queries) {
    for (const Query& query : queries)
        if (!asked_.contains({query.method, query.params})) stale_ |= asked_.emplace(query.method, query.params).second;
}

void Offer::answered(const Query& query, bool well) {
    if (well && failed_.empty()) return;
    if (well) failed_.erase({query.method, query.params});
    else failed_.emplace(query.method, query.params);
}

const Capability* Offer::find(std::string_view id) const {
    const auto at = std::find_if(rows_.begin(), rows_.end(), [&](const Capability* row) { return row->id == id; });
    return at == rows_.end() ? nullptr : *at;
}

const std::vector<Query>& Offer::queries(const Document& document) const {
    for (std::size_t i = 0; i < conditional_.size() && !stale_; ++i) stale_ = conditional_[i]->asked_when(document) != conditions_[i];
    if (!stale_) return queries_;
    stale_ = false;
    conditions_.clear();
    for (const Capability* row : conditional_) conditions_.push_back(row->asked_when(document));
    std::vector<Query> queries;
    const auto add = [&](const Query& query, bool offered) {
        const Key key{query.method, query.params};
        if (query.method.empty() || dropped_.contains(key) || (!offered && asked_.contains(key) && !postponed_.contains(key))) return;
        const auto same = std::find_if(queries.begin(), queries.end(), [&](const Query& q) { return Key{q.method, q.params} == key; });
        if (same == queries.end()) {
            queries.push_back(query);
            return;  // `same` does not outlive the growth
        }
        same->every_s = std::min(same->every_s, query.every_s);
        if (query.busy != nullptr) same->busy = query.busy;
    };
    for (const Capability* row : candidates_) {
        if (!possible(*row, document)) continue;
        const bool offered = std::find(rows_.begin(), rows_.end(), row) != rows_.end();
        add(row->also, offered);
        add(row->query, offered);
    }
    for (const Query& query : more_) add(query, true);
    return queries_ = std::move(queries);
}

namespace {

/// Derived from "seconds since": poll timing moves it by a second or two; a real change moves it more.
bool is_same_moment(const json::value& before, const json::value& fresh) {
    if (!before.is_string() || !fresh.is_string()) return false;
    const auto seconds = [](const json::string& text) {
        std::tm parts{};
        return ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr ? std::int64_t{0} : std::int64_t{::timegm(&parts)};
    };
    return std::abs(seconds(before.get_string()) - seconds(fresh.get_string())) <= 3;
}

/// True for a number so near the one published that nobody needs to hear of it. Going to or from 0 is always news.
bool is_in_dead_band(const Capability& row, const json::value& before, const json::value& fresh) {
    const auto* number = std::get_if<Number>(&row.kind);
    if (number == nullptr || number->dead_band <= 0) return false;
    const auto old_value = to_number(before);
    const auto new_value = to_number(fresh);
    if (!old_value || !new_value || *old_value == 0 || *new_value == 0) return false;
    return std::abs(*new_value - *old_value) < std::max(number->dead_band, std::abs(*old_value) * 0.01);
}

bool is_news(const Capability& row, const json::value& before, const json::value& fresh, bool exact) {
    if (before == fresh) return false;
    if (row.derive != nullptr && std::holds_alternative<Timestamp>(row.kind) && is_same_moment(before, fresh)) return false;
    return exact || !is_in_dead_band(row, before, fresh);
}

bool holds(const std::vector<std::string_view>& list, std::string_view text) { return std::find(list.begin(), list.end(), text) != list.end(); }

/// The value depends on the row's own query alone.
bool is_plain(const Capability& row) { return row.derive == nullptr && row.latch_s == 0 && !std::holds_alternative<DynamicChoice>(row.kind); }

}  // namespace

bool may_offer_other(const Capability& row, const std::vector<std::string_view>& moved) {
    if (const auto* fixed = std::get_if<Choice>(&row.kind)) return !fixed->allowed_method.empty() && holds(moved, fixed->allowed_method);
    if (const auto* number = std::get_if<Number>(&row.kind)) return number->range != nullptr;
    const auto* dynamic = std::get_if<DynamicChoice>(&row.kind);
    if (dynamic == nullptr) return false;
    return dynamic->options != nullptr || holds(moved, dynamic->options_method.empty() ? row.query.method : dynamic->options_method);
}

bool render_into(json::object& state, const std::vector<const Capability*>& rows, const Document& document,
                 std::int64_t now_unix_s, bool exact, const std::vector<std::string_view>* moved) {
    bool changed = false;
    for (const Capability* row : rows) {
        if (std::holds_alternative<Press>(row->kind)) continue;
        if (moved != nullptr && !exact && is_plain(*row) && !holds(*moved, row->query.method)) continue;
        json::value fresh = read_value(*row, document, now_unix_s);
        json::value* before = state.if_contains(row->id);
        if (before != nullptr && !is_news(*row, *before, fresh, exact)) continue;
        state[row->id] = std::move(fresh);
        changed = true;
    }
    return changed;
}

json::object render(const std::vector<const Capability*>& rows, const Document& document, const json::object& previous,
                    std::int64_t now_unix_s) {
    json::object state;
    for (const Capability* row : rows)
        if (const json::value* before = previous.if_contains(row->id)) state[row->id] = *before;
    render_into(state, rows, document, now_unix_s, true);
    return state;
}

}  // namespace tplink::gateway
