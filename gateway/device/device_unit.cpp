#include "gateway/device/device_unit.hpp"

#include <algorithm>
#include <cmath>

#include "protocols/error_codes.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kTellAnyway = std::chrono::seconds(60);  // "last seen" and values within their dead band must not grow old

std::int64_t unix_of(const Clock& clock) { return std::chrono::system_clock::to_time_t(clock.wall()); }

bool same_components(const std::vector<Component>& a, const std::vector<Component>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const Component& x, const Component& y) { return x.name == y.name && x.version == y.version; });
}

bool is_same_around(const Surroundings& a, const Surroundings& b) {
    return a.host == b.host && a.transport == b.transport && a.family == b.family && a.online == b.online && a.problem == b.problem;
}

bool needs_the_clock(const Capability& row) { return row.latch_s > 0 || row.derive != nullptr; }

}  // namespace

DeviceUnit::DeviceUnit(std::string id, std::string via) : id_(std::move(id)), via_(std::move(via)) {}

void DeviceUnit::dress(std::string name, std::vector<std::string> exclude) {
    name_ = std::move(name);
    exclude_ = std::move(exclude);
    reshaped_ = true;
}

void DeviceUnit::adopt(const Identity& identity, const Table& table, std::vector<Query> more) {
    const bool same = offer_ && identity.firmware == identity_.firmware && table.rows.data() == table_.rows.data() &&
                      same_components(identity.components, identity_.components);
    reshaped_ |= !same || identity.name != identity_.name || identity.model != identity_.model || identity.hardware != identity_.hardware;
    identity_ = identity;
    if (same) return;
    table_ = table;
    offer_.emplace(table.rows, identity.components, std::move(more));
    plan_.forget();
}

void DeviceUnit::know_unsupported(const std::vector<std::string>& names) {
    if (!offer_) return;
    for (const std::string& name : names) offer_->drop_named(name);
}

void DeviceUnit::ask_unsupported_again() {
    if (offer_) offer_->undrop();
}

std::vector<Query> DeviceUnit::due(SteadyTime now, Ask ask) const {
    if (!offer_) return {};
    const auto& queries = offer_->queries(document_);
    auto due = plan_.due(queries, now, ask);
    for (const Query& query : queries)
        if (query.busy != nullptr && query.busy(document_) && std::find(due.begin(), due.end(), query) == due.end()) due.push_back(query);
    return due;
}

Result<void> DeviceUnit::ask(Session& asked, const std::vector<Query>& queries, const Clock& clock) {
    if (how != nullptr && how->list_only && std::any_of(queries.begin(), queries.end(), [&](const Query& query) { return query.method == how->lands_in; })) {
        std::vector<Query> rest = queries;
        std::erase_if(rest, [&](const Query& query) { return query.method == how->lands_in; });
        TRY_VOID(read_list());
        return ask(asked, rest, clock);
    }
    if (queries.empty()) return {};
    std::vector<Request> requests;
    requests.reserve(queries.size());
    for (const Query& query : queries) requests.push_back(to_request(query, unix_of(clock)));
    const SteadyTime begun = clock.now();
    const auto answers = TRY(asked.query(requests));
    plan_.asked(queries, begun);  // a slow device must not be asked every other poll only
    offer_->asked(queries);
    bool moved = false;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < answers.size() && i < queries.size(); ++i)
            if (answers[i].result && merge_answer(document_, answers[i].method, *answers[i].result)) moved = note_moved(queries[i].method);
    }
    for (std::size_t i = 0; i < answers.size() && i < queries.size(); ++i) {
        offer_->answered(queries[i], answers[i].result.has_value());
        judge(queries[i], answers[i]);
    }
    moved_ |= moved;
    if (moved) reshaped_ |= offer_->update(document_, unix_of(clock));
    count_energy(clock);
    return {};
}

/// What one answer means for asking again.
void DeviceUnit::judge(const Query& query, const Answer& answer) {
    const std::pair key{query.method, query.params};
    if (answer.result) {
        retried_.erase(key);
        return offer_->arrived(query);
    }
    const Error& error = answer.result.error();
    if (error.aside) {  // of the way to the device, not of what was asked
        offer_->postpone(query);
        plan_.again(query);
    } else if (error.code == Errc::unsupported) {
        offer_->drop(query);
    } else if (error.device_code == code::kRateLimit) {
        was_limited_ = true;
        plan_.again(query);
    } else if (error.device_code == code::kUnspecific && retried_.insert(key).second) {
        wants_retry_ = true;
        plan_.again(query);
    }
}

/// Carries the total on with what was just read.
void DeviceUnit::count_energy(const Clock& clock) {
    if (offer_->find("energy_total") == nullptr) return;
    if (!energy_) energy_.emplace(ledger_ == nullptr ? json::value(nullptr) : ledger_->find(id_));
    const bool grew = energy_->add(reading_of(*offer_, document_, unix_of(clock)), clock.now());
    if (!energy_->kwh() || (!grew && document_.find(kEnergyKey) != document_.end())) return;  // one that draws nothing shows its total too
    if (grew && ledger_ != nullptr) ledger_->put(id_, energy_->to_json());
    const double shown_kwh = std::floor(*energy_->kwh() * 1000) / 1000;  // whole Wh
    const std::lock_guard lock(mutex_);
    if (merge_answer(document_, kEnergyKey, json::object{{"kwh", shown_kwh}})) moved_ = note_moved(kEnergyKey);
}

void DeviceUnit::take(std::string_view method, const json::value& result, std::int64_t now_unix_s) {
    bool moved = false;
    {
        const std::lock_guard lock(mutex_);
        moved = merge_answer(document_, method, result);
    }
    if (moved) moved_ = note_moved(method);
    if (moved && offer_) reshaped_ |= offer_->update(document_, now_unix_s);
}

const Capability* DeviceUnit::reject(const Capability& row, std::int64_t now_unix_s) {
    const Capability* next = offer_ ? offer_->reject(row, document_, now_unix_s) : nullptr;
    reshaped_ |= next != nullptr;
    return next;
}

void DeviceUnit::latch(std::string_view row, bool on, std::int64_t until_unix_s) {
    const std::lock_guard lock(mutex_);
    json::value& all = document_[kLatched];
    if (!all.is_object()) all.emplace_object();
    all.get_object()[row] = json::object{{"value", on ? "ON" : "OFF"}, {"until", until_unix_s}};
    moved_ = note_moved(kLatched);
}

bool DeviceUnit::note_moved(std::string_view method) {
    if (std::find(moved_methods_.begin(), moved_methods_.end(), method) == moved_methods_.end()) moved_methods_.push_back(method);
    return true;
}

/// Rows and composites as they are shown, after the offer or the options changed.
void DeviceUnit::show_rows() {
    shown_.clear();
    composites_.clear();
    has_timed_rows_ = false;
    if (!offer_) return;
    for (const Capability* row : offer_->rows())
        if (std::find(exclude_.begin(), exclude_.end(), row->id) == exclude_.end()) {
            shown_.push_back(row);
            has_timed_rows_ |= needs_the_clock(*row);
        }
    for (const Composite& composite : table_.composites)
        if (std::any_of(shown_.begin(), shown_.end(), [&](const Capability* row) { return row->id == composite.first(); }))
            composites_.push_back(&composite);
}

bool DeviceUnit::refresh(const Surroundings& around, bool is_away, const Clock& clock) {
    const SteadyTime now = clock.now();
    const bool exact = now - told_ >= kTellAnyway;
    const bool online = around.online && !is_away;
    const bool reshaped = reshaped_ || online != was_online_ || !is_same_around(around, last_around_);
    if (reshaped_) {
        show_rows();
        state_ = render(shown_, document_, state_, unix_of(clock));
    }
    bool told_more = false;
    if (moved_ || reshaped_)
        for (const Capability* row : shown_) {
            if (!reshaped_ && !may_offer_other(*row, moved_methods_)) continue;
            if (auto options = options_of(*row, document_); !options.empty())
                if (auto& known = options_[std::string(row->id)]; known != options) {
                    known = std::move(options);
                    told_more = true;
                }
            if (const auto* number = std::get_if<Number>(&row->kind); number != nullptr && number->range != nullptr)
                if (auto& known = ranges_[std::string(row->id)]; known != range_of(*row, document_)) {
                    known = range_of(*row, document_);
                    told_more = true;
                }
        }
    const bool moved = (moved_ || has_timed_rows_ || exact) && render_into(state_, shown_, document_, unix_of(clock), exact, &moved_methods_);
    moved_ = reshaped_ = false;
    moved_methods_.clear();
    if (!moved && !reshaped && !told_more && !exact && view_) return false;
    if (reshaped || told_more) ++shape_;
    if (online != was_online_ || !view_) since_ = clock.wall();
    auto view = make_view(around, online);
    view->first_contact = online && !ever_online_;
    was_online_ = online;
    ever_online_ |= online;
    last_around_ = around;
    told_ = now;
    const std::lock_guard lock(mutex_);
    view_ = std::move(view);
    return true;
}

std::shared_ptr<DeviceView> DeviceUnit::make_view(const Surroundings& around, bool online) const {
    auto view = std::make_shared<DeviceView>();
    view->id = id_;
    view->via = via_;
    view->identity = identity_;
    view->name = display_name(name_, identity_, id_, around.host);
    view->host = around.host;
    view->family = around.family;
    view->transport = around.transport;
    view->online = online;
    if (via_.empty()) view->problem = around.problem;  // said once, by the device that has the connection
    view->rows = shown_;
    view->excluded = exclude_;
    view->composites = composites_;
    view->options = options_;
    view->ranges = ranges_;
    view->shape = shape_;
    view->state = state_;
    view->since = since_;
    view->pulse = around.pulse;
    return view;
}

std::shared_ptr<const DeviceView> DeviceUnit::view() const {
    const std::lock_guard lock(mutex_);
    return view_;
}

json::object DeviceUnit::copy() const {
    const std::lock_guard lock(mutex_);
    return document_;
}

std::string display_name(const std::string& configured, const Identity& identity, const std::string& id, const std::string& host) {
    if (!configured.empty()) return configured;
    if (!identity.name.empty()) return identity.name;
    if (!identity.model.empty() && id.size() >= 12 && !id.starts_with("host_")) return identity.model + " " + id.substr(8);
    return host;
}

}  // namespace tplink::gateway
