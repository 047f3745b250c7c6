#include "gateway/config/state_store.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include "gateway/config/seal.hpp"

namespace tplink::gateway {
namespace {

constexpr const char* kKeyFile = "/state.key";
constexpr std::size_t kMaxNotes = 4096;      // a network may invent devices
constexpr std::chrono::milliseconds kMoreMayCome{200};
constexpr std::size_t kMaxFile = 16U << 20;  // bytes; 1000 devices need 300 kB

std::string text_of(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view key) {
    std::vector<std::string> texts;
    const json::value* list = object.if_contains(key);
    if (list == nullptr || !list->is_array()) return texts;
    for (const json::value& text : list->get_array())
        if (text.is_string() && texts.size() < 128) texts.emplace_back(text.get_string());
    return texts;
}

json::array to_json(const std::vector<std::string>& texts) {
    json::array out;
    for (const std::string& text : texts) out.emplace_back(json::string(text));
    return out;
}

json::object to_json(const Learned& learned) {
    return {{"mac", learned.mac},
            {"model", learned.model},
            {"name", learned.name},
            {"address", learned.address},
            {"port", learned.port},
            {"transport", learned.transport},
            {"hash_form", learned.hash_form},
            {"certificate_sha256", learned.certificate_sha256},
            {"family", json::string(to_string(learned.family))},
            {"battery", learned.battery},
            {"children", to_json(learned.children)},
            {"firmware", learned.firmware},
            {"unsupported", to_json(learned.unsupported)}};
}

Family family_from(const std::string& word) {
    for (const Family family : {Family::tapo_camera, Family::vigi_camera, Family::kasa_camera, Family::tapo_plug, Family::kasa_plug})
        if (to_string(family) == word) return family;
    return Family::automatic;
}

Learned from_json(const json::object& object) {
    Learned learned;
    learned.mac = text_of(object, "mac");
    learned.model = text_of(object, "model");
    learned.name = text_of(object, "name");
    learned.address = text_of(object, "address");
    learned.transport = text_of(object, "transport");
    learned.hash_form = text_of(object, "hash_form");
    learned.certificate_sha256 = text_of(object, "certificate_sha256");
    learned.family = family_from(text_of(object, "family"));
    learned.children = texts_of(object, "children");
    learned.firmware = text_of(object, "firmware");
    learned.unsupported = texts_of(object, "unsupported");
    const json::value* battery = object.if_contains("battery");
    learned.battery = battery != nullptr && *battery == json::value(true);
    const json::value* port = object.if_contains("port");
    if (port != nullptr && port->is_int64() && port->get_int64() >= 0 && port->get_int64() < 65536)
        learned.port = static_cast<std::uint16_t>(port->get_int64());
    return learned;
}

std::string place_of(std::string_view list, std::string_view key) { return std::string(list) + '/' + std::string(key); }

/// seal: null: as they are.
json::object texts_to_json(std::string_view list, const std::map<std::string, std::string>& texts, Seal* seal = nullptr) {
    json::object object;
    for (const auto& [key, text] : texts) object[key] = seal != nullptr ? seal->close(place_of(list, key), text) : text;
    return object;
}

/// Sealed and plain texts, as older versions wrote them. False when one could not be opened; it is left out.
bool texts_from_json(const json::object& root, std::string_view list, std::map<std::string, std::string>& out, Seal* seal) {
    const json::value* value = root.if_contains(list);
    if (value == nullptr || !value->is_object()) return true;
    bool all = true;
    for (const auto& [name, text] : value->get_object()) {
        if (!text.is_string()) continue;
        const std::string_view written = text.get_string();
        const auto opened = !Seal::is_sealed(written) ? std::optional(std::string(written)) : seal != nullptr ? seal->open(place_of(list, name), written) : std::nullopt;
        if (opened) out[name] = *opened;
        else all = false;
    }
    return all;
}

/// Writes beside the file and renames, so that a crash leaves the old or the new one, never half.
std::string write_private(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return std::strerror(errno);
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t step = ::write(fd, text.data() + written, text.size() - written);
        if (step <= 0) break;
        written += static_cast<std::size_t>(step);
    }
    const bool good = written == text.size() && ::fsync(fd) == 0;
    ::close(fd);
    if (!good || ::rename(beside.c_str(), path.c_str()) != 0) {
        const std::string reason = std::strerror(errno);
        ::unlink(beside.c_str());
        return reason;
    }
    return {};
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The root of the file; null when it is none of ours.
json::value parse_file(const std::string& text) {
    boost::system::error_code bad;
    json::value parsed = text.size() > kMaxFile ? json::value() : json::parse(text, bad);
    return bad || !parsed.is_object() ? json::value() : parsed;
}

/// As versions before the seal wrote them.
bool holds_plain_text(const json::object& root, std::string_view list) {
    const json::value* value = root.if_contains(list);
    if (value == nullptr || !value->is_object()) return false;
    const auto& texts = value->get_object();
    return std::any_of(texts.begin(), texts.end(), [](const auto& item) { return item.value().is_string() && !Seal::is_sealed(item.value().get_string()); });
}

/// A copy of `path` beside it that takes no other copy's place. Its file name; empty when it could not be made.
std::string keep_aside(const std::string& path) {
    constexpr int kMostCopies = 100;
    const std::string text = read_file(path);
    for (int i = 1; i <= kMostCopies; ++i) {
        const std::string copy = path + ".sealed" + (i == 1 ? "" : std::to_string(i));
        const bool is_there = std::filesystem::exists(copy);
        if (is_there && read_file(copy) != text) continue;
        if (!is_there && !write_private(copy, text).empty()) return {};
        return std::filesystem::path(copy).filename().string();
    }
    return {};
}

std::map<std::string, Learned> devices_from(const json::object& root) {
    std::map<std::string, Learned> devices;
    if (const json::value* list = root.if_contains("devices"); list != nullptr && list->is_object())
        for (const auto& [mac, learned] : list->get_object())
            if (learned.is_object()) devices[mac] = from_json(learned.get_object());
    return devices;
}

}  // namespace

std::map<std::string, Learned> StateStore::peek(const std::string& directory) {
    const json::value parsed = parse_file(read_file(directory + "/state.json"));
    return parsed.is_object() ? devices_from(parsed.get_object()) : std::map<std::string, Learned>();
}

StateStore::StateStore(std::string directory) : directory_(std::move(directory)) {
    load();
    writer_ = std::jthread([this](const std::stop_token& stop) { write_later(stop); });
}

void StateStore::load() {
    std::error_code ec;
    std::filesystem::create_directories(directory_, ec);
    if (ec) problem_ = "state_dir " + directory_ + " cannot be made (" + ec.message() + "): nothing learned survives a restart; set state_dir to a folder that can be written";
    const std::string path = directory_ + "/state.json";
    if (!std::ifstream(path)) return;
    const json::value parsed = parse_file(read_file(path));
    if (!parsed.is_object()) {
        std::filesystem::rename(path, path + ".broken", ec);
        problem_ = path + " was not readable and was set aside as state.json.broken; learned facts are learned again";
        return;
    }
    const json::object& root = parsed.get_object();
    devices_ = devices_from(root);
    const auto seal = Seal::from_file(directory_ + kKeyFile);
    Seal* const key = seal ? seal->get() : nullptr;
    bool all = texts_from_json(root, "texts", texts_, key);
    all &= texts_from_json(root, "added", added_, key);
    texts_from_json(root, "notes", notes_, key);
    if (all) {
        if (!seal) problem_ = directory_ + kKeyFile + ": " + seal.error().what + "; nothing learned survives a restart until it is mended or removed";
        dirty_ = seal && (holds_plain_text(root, "texts") || holds_plain_text(root, "added"));
        return;
    }
    const std::string kept = keep_aside(path);
    is_read_only_ = kept.empty();
    problem_ = directory_ + kKeyFile + (seal ? " is not the key" : " cannot be read (" + seal.error().what + "), so it cannot be the key") +
               " of what was set at run time: passwords, settings and devices given on the page are left out and kept in " +
               (is_read_only_ ? "state.json, which is not written any more because no copy could be made; stop the gateway and put the right key back"
                              : kept + "; stop the gateway, put the right key back and rename that file to state.json, or set them again");
}

void StateStore::save() {
    dirty_ = false;
    if (is_read_only_) return;
    json::object devices;
    for (const auto& [mac, learned] : devices_) devices[mac] = to_json(learned);
    const auto seal = Seal::from_file(directory_ + kKeyFile);
    json::object root{{"devices", devices}, {"notes", texts_to_json("notes", notes_)}};
    if (seal) {
        root["texts"] = texts_to_json("texts", texts_, seal->get());
        root["added"] = texts_to_json("added", added_, seal->get());
    }
    // Nothing is written plain because the key is missing.
    const std::string reason = !seal ? "state.key: " + seal.error().what : write_private(directory_ + "/state.json", json::serialize(root));
    problem_ = reason.empty() ? "" : "state_dir " + directory_ + " cannot be written (" + reason + "): nothing learned survives a restart; set state_dir to a folder that can be written";
}

std::map<std::string, Learned> StateStore::devices() const {
    const std::lock_guard lock(mutex_);
    return devices_;
}

void StateStore::put_device(const std::string& mac, const Learned& learned) {
    const std::lock_guard lock(mutex_);
    if (const auto at = devices_.find(mac); at != devices_.end() && at->second == learned) return;
    devices_[mac] = learned;
    dirty_ = true;
    learned_.notify_one();
}

void StateStore::write_later(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (true) {
        learned_.wait(lock, stop, [&] { return dirty_; });
        if (!dirty_) return;
        learned_.wait_for(lock, stop, kMoreMayCome, [] { return false; });
        if (dirty_) save();
    }
}

void StateStore::remove_device(const std::string& mac) {
    const std::lock_guard lock(mutex_);
    if (devices_.erase(mac) > 0) save();
}

std::string StateStore::text(const std::string& key, const std::function<std::string()>& make) {
    const std::lock_guard lock(mutex_);
    const auto at = texts_.find(key);
    if (at != texts_.end()) return at->second;
    const std::string made = make();
    texts_[key] = made;
    save();
    return made;
}

std::string StateStore::kept(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto at = texts_.find(key);
    return at == texts_.end() ? std::string() : at->second;
}

void StateStore::put_text(const std::string& key, const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (const auto at = texts_.find(key); at != texts_.end() && at->second == text) return;
    texts_[key] = text;
    save();
}

std::map<std::string, std::string> StateStore::added() const {
    const std::lock_guard lock(mutex_);
    return added_;
}

void StateStore::put_added(const std::string& id, const std::string& json_text) {
    const std::lock_guard lock(mutex_);
    added_[id] = json_text;
    save();
}

void StateStore::remove_added(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (added_.erase(id) > 0) save();
}

std::optional<std::string> StateStore::note(const std::string& key) const {
    const std::lock_guard lock(mutex_);
    const auto at = notes_.find(key);
    return at == notes_.end() ? std::nullopt : std::optional(at->second);
}

void StateStore::put_note(const std::string& key, const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (notes_.size() >= kMaxNotes && !notes_.contains(key)) return;
    notes_[key] = text;
    save();
}

void StateStore::remove_note(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (notes_.erase(key) > 0) save();
}

std::string StateStore::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

}  // namespace tplink::gateway
