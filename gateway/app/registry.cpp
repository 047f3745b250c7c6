#include "gateway/app/registry.hpp"

#include <algorithm>
#include <future>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "gateway/capabilities/tables.hpp"

namespace tplink::gateway {
namespace {

constexpr std::string_view kRemoved = "removed";  // marks a device the user does not want taken in again
constexpr std::uint64_t kPollsToFindChildren = 3;
const std::string kGone = "gone:";                // before the key of a device of the file that was removed at run time
constexpr std::size_t kMaxFound = 1024;           // a hostile network may invent devices
constexpr std::size_t kMaxDevices = 2048;         // beyond it none is taken in unasked: each costs a thread

/// Whether what was seen at the configured address can be the configured device. A port of 0 was not told: then the
/// families decide.
bool can_be(const DeviceConfig& config, std::uint16_t seen_port, Family seen) {
    if (config.port == 0 || config.port == seen_port) return true;
    return seen_port == 0 && (config.family == Family::automatic || config.family == seen);
}

std::string key_of(const DeviceConfig& config) {
    if (!config.mac.empty()) return config.mac;
    return config.host + ":" + std::to_string(config.port);
}

std::string faults_text(const std::vector<ConfigFault>& faults) {
    std::string text;
    for (const ConfigFault& fault : faults) text += (text.empty() ? "" : "; ") + fault.key + " " + fault.message;
    return text;
}

}  // namespace

/// Tells the registry which entry spoke.
class Registry::Sink final : public DeviceSink {
public:
    Sink(Registry& registry, std::string key) : registry_(registry), key_(std::move(key)) {}
    void device_changed(std::shared_ptr<const DeviceView> view) override { registry_.device_changed(key_, *this, std::move(view)); }
    void device_gone(std::shared_ptr<const DeviceView> view) override { registry_.device_gone(key_, *this, view); }
    void command_done(const CommandResult& result) override {
        if (registry_.listener_.result) registry_.listener_.result(result);
    }
    void device_learned(const std::string&) override { registry_.device_learned(key_, *this); }

private:
    Registry& registry_;
    std::string key_;
};

Registry::Registry(const Clock& clock, RandomBytes& random, StateStore& store, OpenerFactory make_opener,
                   std::function<bool(const std::string&, std::uint16_t)> quick_probe)
    : clock_(clock), random_(random), store_(store), make_opener_(std::move(make_opener)), quick_probe_(std::move(quick_probe)) {}

Registry::~Registry() { stop(); }

void Registry::configure(const Config& config) {
    Turn turn;
    {
        const std::lock_guard lock(mutex_);
        config_ = config;
        turn = apply();
    }
    finish(std::move(turn));
}

/// What should run: the file's devices with the user's later changes, those added later, those taken in by discovery.
std::map<std::string, Registry::Entry> Registry::wanted() const {
    Entries wanted;
    const auto put = [&](DeviceConfig config, bool adopted) {
        Entry entry;
        entry.credentials = config.credentials.value_or(config_.account);
        entry.adopted = adopted;
        const std::string key = key_of(config);
        entry.config = std::move(config);
        wanted.try_emplace(key, std::move(entry));
    };
    const auto changes = store_.added();
    for (const DeviceConfig& config : config_.devices) {
        if (changes.contains(kGone + key_of(config))) continue;
        const auto change = changes.find("change:" + key_of(config));
        const auto changed = change == changes.end() ? LoadedConfig{} : parse_device(change->second, config);
        put(changed.faults.empty() && !changed.config.devices.empty() ? changed.config.devices.front() : config, false);
    }
    for (const auto& [key, text] : changes) {
        if (text == kRemoved || key.starts_with("change:") || key.starts_with(kGone)) continue;
        const LoadedConfig loaded = parse_device(text);
        if (loaded.faults.empty()) put(loaded.config.devices.front(), false);
    }
    if (!config_.discovery.enabled || !config_.discovery.adopt) return wanted;
    for (const auto& item_of_store : store_.devices()) {
        const std::string& mac = item_of_store.first;  // a lambda below captures them: clang 14 takes no structured bindings
        const Learned& learned = item_of_store.second;
        const auto mark = changes.find(mac);
        if (mark != changes.end() && mark->second == kRemoved) continue;
        const bool configured = std::any_of(wanted.begin(), wanted.end(), [&mac = mac, &learned = learned](const auto& item) {
            const DeviceConfig& config = item.second.config;
            return config.mac == mac || (config.mac.empty() && config.host == learned.address && can_be(config, learned.port, learned.family));
        });
        if (configured || table_of(learned.family).empty()) continue;
        DeviceConfig config;
        config.mac = mac;
        config.host = learned.address;
        config.port = learned.port;
        config.family = learned.family;
        const auto change = changes.find("change:" + mac);
        const auto changed = change == changes.end() ? LoadedConfig{} : parse_device(change->second, config);
        put(changed.faults.empty() && !changed.config.devices.empty() ? changed.config.devices.front() : config, true);
    }
    return wanted;
}

Registry::Turn Registry::apply() {
    Turn turn;
    if (stopped_) return turn;
    Entries fresh = wanted();
    for (auto at = entries_.begin(); at != entries_.end();) {
        const auto same = fresh.find(at->first);
        const bool keep = same != fresh.end() && same->second.config == at->second.config && same->second.credentials == at->second.credentials;
        if (keep) {
            fresh.erase(same);
            ++at;
        } else {
            keys_.erase(at->second.last->id);
            for (const auto& [id, view] : at->second.children) keys_.erase(id);
            turn.gone.insert(entries_.extract(at++));
        }
    }
    const auto learned = store_.devices();
    std::function<Table(Family, const std::string&)> more_rows;
    if (profiles_) more_rows = [profiles = profiles_](Family family, const std::string& model) { return profiles->table(family, model); };
    for (auto& [key, entry] : fresh) {
        Learned known;
        for (const auto& [mac, facts] : learned)
            if (mac == entry.config.mac || (entry.config.mac.empty() && facts.address == entry.config.host && can_be(entry.config, facts.port, facts.family)))
                known = facts;
        entry.sink = std::make_unique<Sink>(*this, key);
        entry.actor = std::make_unique<DeviceActor>(entry.config, entry.credentials, known,
                                                    ActorDeps{clock_, random_, *entry.sink, make_opener_, quick_probe_, std::chrono::seconds(2), energy_,
                                                              [this](const std::string& id) { return child_config(id); }, listener_.alarm, more_rows, listener_.has_push});
        entry.last = entry.actor->view();
        keys_[entry.last->id] = key;
        if (const auto old = turn.gone.find(key); old != turn.gone.end()) inherit_children(old->second, key, entry);
        entries_[key] = std::move(entry);
        turn.begun.push_back(key);
    }
    return turn;
}

void Registry::inherit_children(const Entry& old, const std::string& key, Entry& fresh) {
    for (const auto& [id, view] : old.children) {
        auto away = std::make_shared<DeviceView>(*view);
        away->online = false;
        away->shape = 0;  // of no view an actor makes: what comes next is told whole
        fresh.children[id] = std::move(away);
        fresh.awaited.insert(id);
        keys_[id] = key;
    }
}

std::vector<std::shared_ptr<const DeviceView>> Registry::take_lost_children(Entry& entry) {
    std::vector<std::shared_ptr<const DeviceView>> lost;
    if (entry.awaited.empty() || !entry.last->online || entry.last->counters().polls < kPollsToFindChildren) return lost;
    for (const std::string& id : entry.awaited) {
        if (const auto at = entry.children.find(id); at != entry.children.end()) {
            lost.push_back(at->second);
            entry.children.erase(at);
        }
        keys_.erase(id);
    }
    entry.awaited.clear();
    return lost;
}

void Registry::finish(Turn turn) {
    for (auto& [key, entry] : turn.gone) entry.actor->request_stop();
    for (auto& [key, entry] : turn.gone) entry.actor.reset();
    for (auto& [key, entry] : turn.gone) {
        entry.children[entry.last->id] = entry.last;
        for (const auto& [id, last] : entry.children)
            if (!view(id) && listener_.removed) listener_.removed(*last);
    }
    for (const std::string& key : turn.begun) {
        std::shared_ptr<const DeviceView> first;
        std::vector<std::shared_ptr<const DeviceView>> away;
        {
            const std::lock_guard lock(mutex_);
            const auto at = entries_.find(key);
            if (at == entries_.end()) continue;
            first = at->second.last;
            for (const std::string& id : at->second.awaited) away.push_back(at->second.children[id]);
            at->second.actor->start();  // only now: the one it replaces has ended, and a device gets one login at a time
        }
        // An actor that was quick has told about itself already.
        if (first && !first->online && !first->problem && listener_.changed) listener_.changed(*first, nullptr);
        for (const auto& child : away)
            if (listener_.changed && view(child->id) == child) listener_.changed(*child, nullptr);
    }
}

void Registry::device_changed(const std::string& key, const Sink& from, std::shared_ptr<const DeviceView> view) {
    std::shared_ptr<const DeviceView> before;
    std::vector<std::shared_ptr<const DeviceView>> lost;
    {
        const std::lock_guard lock(mutex_);
        const auto at = entries_.find(key);
        if (at == entries_.end() || at->second.sink.get() != &from || stopped_) return;
        at->second.awaited.erase(view->id);
        auto& last = view->via.empty() ? at->second.last : at->second.children[view->id];
        before = std::exchange(last, view);
        if (before && before->id != view->id) keys_.erase(before->id);
        keys_[view->id] = key;
        lost = take_lost_children(at->second);
    }
    if (listener_.changed) listener_.changed(*view, before.get());
    for (const auto& child : lost)
        if (listener_.removed) listener_.removed(*child);
}

void Registry::device_gone(const std::string& key, const Sink& from, const std::shared_ptr<const DeviceView>& view) {
    {
        const std::lock_guard lock(mutex_);
        const auto at = entries_.find(key);
        if (at == entries_.end() || at->second.sink.get() != &from || stopped_) return;
        at->second.children.erase(view->id);
        keys_.erase(view->id);
    }
    if (listener_.removed) listener_.removed(*view);
}

/// The user's name and exclusions for something that hangs on a device.
DeviceConfig Registry::child_config(const std::string& id) const {
    const auto stored = store_.added();
    const auto at = stored.find("change:" + id);
    if (at == stored.end()) return {};
    DeviceConfig base;
    base.host = id;  // an entry needs one; nobody looks at it
    const LoadedConfig loaded = parse_device(at->second, base);
    return loaded.faults.empty() && !loaded.config.devices.empty() ? loaded.config.devices.front() : DeviceConfig{};
}

void Registry::device_learned(const std::string& key, const Sink& from) {
    Learned learned;
    {
        const std::lock_guard lock(mutex_);
        const auto at = entries_.find(key);
        if (at == entries_.end() || at->second.sink.get() != &from) return;
        learned = at->second.actor->learned();
    }
    if (!learned.mac.empty()) store_.put_device(learned.mac, learned);
}

bool Registry::is_known(const FoundDevice& found) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
        const Entry& entry = item.second;
        if (!entry.config.mac.empty()) return entry.config.mac == found.mac;
        if (entry.last->mac_known()) return entry.last->identity.mac == found.mac;
        return entry.config.host == found.address && can_be(entry.config, found.port, found.family);
    });
}

void Registry::discovered(const std::vector<FoundDevice>& found, bool adopt) {
    Turn turn;
    bool taken = false;
    {
        const std::lock_guard lock(mutex_);
        const auto marks = store_.added();
        std::size_t room = kMaxDevices - std::min(entries_.size(), kMaxDevices);
        for (const FoundDevice& device : found) {
            for (auto& [key, entry] : entries_)
                if (entry.last->identity.mac == device.mac) entry.actor->seen_awake();
            for (auto& [key, entry] : entries_)
                if (entry.last->identity.mac == device.mac && entry.last->host != device.address && !entry.last->online)
                    entry.actor->relocate(device.address);
            if (is_known(device)) {
                found_.erase(device.mac);
                continue;
            }
            if (found_.size() < kMaxFound) found_[device.mac] = device;
            const auto mark = marks.find(device.mac);
            const bool wanted = mark == marks.end() || mark->second != kRemoved;
            if (!adopt || !wanted || room == 0 || !device.same_account || table_of(device.family).empty() || config_.account.password.empty()) continue;
            Learned learned;
            learned.mac = device.mac;
            learned.model = device.model;
            learned.address = device.address;
            learned.port = device.port;
            learned.family = device.family;
            store_.put_device(device.mac, learned);
            found_.erase(device.mac);
            taken = true;
            --room;
        }
        if (taken) turn = apply();
    }
    if (taken) finish(std::move(turn));
}

std::vector<FoundDevice> Registry::candidates() const {
    const std::lock_guard lock(mutex_);
    std::vector<FoundDevice> result;
    for (const auto& [mac, device] : found_) result.push_back(device);
    return result;
}

Result<std::string> Registry::add(const std::string& device_json) {
    const LoadedConfig loaded = parse_device(device_json);
    if (!loaded.faults.empty()) return fail(Errc::malformed, faults_text(loaded.faults));
    const DeviceConfig& config = loaded.config.devices.front();
    const std::string key = key_of(config);
    Turn turn;
    {
        const std::lock_guard lock(mutex_);
        if (entries_.contains(key)) return fail(Errc::refused, "this device is there already; change it with device/options");
        const auto in_file = [&](const DeviceConfig& one) { return key_of(one) == key; };
        store_.remove_added(kGone + key);
        // What stands in the file as well comes back as it stands there, with what was said now on top.
        const bool listed = std::any_of(config_.devices.begin(), config_.devices.end(), in_file);
        store_.put_added(listed ? "change:" + key : key, device_json);
        found_.erase(config.mac);
        turn = apply();
    }
    finish(std::move(turn));
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(key);
    return at == entries_.end() ? std::string() : at->second.last->id;
}

Result<void> Registry::remove(const std::string& id) {
    Turn turn;
    {
        const std::lock_guard lock(mutex_);
        const Entry* entry = find(id);
        if (entry == nullptr) return fail(Errc::refused, "there is no device '" + id + "'");
        if (entry->children.contains(id)) return fail(Errc::refused, "it hangs on " + entry->last->name + ": remove that, or unpair it in the app");
        const std::string key = key_of(entry->config);
        const bool in_file = std::any_of(config_.devices.begin(), config_.devices.end(), [&](const DeviceConfig& c) { return key_of(c) == key; });
        if (in_file) store_.put_added(kGone + key, std::string(kRemoved));  // the file is the user's: it is not written, but overruled
        const std::string mac = entry->last->identity.mac;
        store_.remove_added(key);
        store_.remove_added("change:" + key);
        if (!mac.empty()) {
            store_.remove_device(mac);
            store_.put_added(mac, std::string(kRemoved));
        }
        turn = apply();
    }
    finish(std::move(turn));
    return {};
}

Result<void> Registry::change(const std::string& id, const json::object& options) {
    Turn turn;
    {
        const std::lock_guard lock(mutex_);
        const Entry* entry = find(id);
        if (entry == nullptr) return fail(Errc::refused, "there is no device '" + id + "'");
        for (const std::string_view fixed : {"host", "mac", "family"})
            if (options.contains(fixed)) return fail(Errc::malformed, std::string(fixed) + " cannot be changed; remove the device and add it again");
        const bool is_child = entry->children.contains(id);
        for (const auto& [name, value] : options)
            if (is_child && name != "name" && name != "entities")
                return fail(Errc::malformed, std::string(name) + " belongs to " + entry->last->name + ", on which it hangs; change it there");
        const std::string key = is_child ? id : key_of(entry->config);
        const auto stored = store_.added();
        json::object merged;
        if (const auto at = stored.find("change:" + key); at != stored.end()) {
            boost::system::error_code ec;
            const json::value before = json::parse(at->second, ec);
            if (!ec && before.is_object()) merged = before.get_object();
        }
        for (const auto& [name, value] : options) merged[name] = value;
        const std::string text = json::serialize(merged);
        const LoadedConfig loaded = parse_device(text, entry->config);
        if (!loaded.faults.empty()) return fail(Errc::malformed, faults_text(loaded.faults));
        const bool was_added = stored.contains(key) && stored.at(key) != kRemoved;
        if (was_added) {
            boost::system::error_code ec;
            json::value whole = json::parse(stored.at(key), ec);
            if (!ec && whole.is_object())
                for (const auto& [name, value] : options) whole.get_object()[name] = value;
            store_.put_added(key, json::serialize(whole));
        } else {
            store_.put_added("change:" + key, text);
        }
        if (is_child) entry->actor->reload_children();
        turn = apply();
    }
    finish(std::move(turn));
    return {};
}

std::vector<std::shared_ptr<const DeviceView>> Registry::views() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<const DeviceView>> result;
    for (const auto& [key, entry] : entries_) {
        result.push_back(entry.last);
        for (const auto& [id, view] : entry.children) result.push_back(view);
    }
    return result;
}

Registry::Entry* Registry::find(const std::string& id) {
    const auto key = keys_.find(id);
    const auto at = key == keys_.end() ? entries_.end() : entries_.find(key->second);
    return at == entries_.end() ? nullptr : &at->second;
}
const Registry::Entry* Registry::find(const std::string& id) const { return const_cast<Registry*>(this)->find(id); }

std::shared_ptr<const DeviceView> Registry::view(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return nullptr;
    const auto child = entry->children.find(id);
    return child == entry->children.end() ? entry->last : child->second;
}

json::object Registry::document(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find(id);
    return entry == nullptr ? json::object() : entry->actor->document(entry->children.contains(id) ? id : std::string());
}

std::optional<Registry::Access> Registry::access(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return std::nullopt;
    return Access{entry->config, entry->credentials};
}

void Registry::command(const std::string& id, PropertyCommand command) {
    {
        const std::lock_guard lock(mutex_);
        if (const Entry* entry = find(id)) {
            if (entry->children.contains(id)) command.unit = id;
            return entry->actor->post(std::move(command));
        }
    }
    CommandResult nobody{id, command.property, command.value, "unknown_property", "there is no device '" + id + "'", command.transaction};
    if (command.raw) nobody.answer = json::value(nullptr);
    if (listener_.result) listener_.result(nobody);
}

Result<json::value> Registry::ask(const std::string& id, Request request, std::chrono::milliseconds limit) {
    using Answer = Result<json::value>;
    std::future<Answer> answer;
    {
        // The question alone keeps the promise: when the device goes, so does it.
        const auto promise = std::make_shared<std::promise<Answer>>();
        answer = promise->get_future();
        const std::lock_guard lock(mutex_);
        const Entry* entry = find(id);
        if (entry == nullptr) return fail(Errc::refused, "there is no device '" + id + "'");
        const auto view = entry->actor->views();
        for (const auto& one : view)
            if (one->id == id && !one->via.empty()) request.child = one->identity.device_id;
        const bool taken = entry->actor->ask([promise, request = std::move(request)](Session* session) {
            promise->set_value(session == nullptr ? Answer(fail(Errc::unreachable, "the device is offline")) : session->call(request));
        });
        if (!taken) return fail(Errc::refused, "the device has too much to do; try again in a moment");
    }
    if (answer.wait_for(limit) != std::future_status::ready) return fail(Errc::timeout, "the device does not answer in time");
    try {
        return answer.get();
    } catch (const std::future_error&) {
        return fail(Errc::cancelled, "the device was removed");
    }
}

bool Registry::poll(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find(id);
    if (entry != nullptr) entry->actor->poll_now();
    return entry != nullptr;
}

void Registry::push(const std::string& id, const std::string& kind, bool on) {
    const std::lock_guard lock(mutex_);
    if (const Entry* entry = find(id)) entry->actor->push({id, kind, on});
}

bool Registry::reconnect(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const Entry* entry = find(id);
    if (entry != nullptr) entry->actor->reconnect();
    return entry != nullptr;
}

void Registry::stop() {
    Entries all;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        all = std::move(entries_);
        entries_.clear();
        keys_.clear();
    }
    for (auto& [key, entry] : all) entry.actor->request_stop();
}

}  // namespace tplink::gateway
