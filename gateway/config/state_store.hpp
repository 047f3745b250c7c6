#pragma once
// What was learned and must survive a restart: one JSON file in state_dir, mode 0600, replaced in one step.

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "gateway/device/opener.hpp"

namespace tplink::gateway {

/// Thread-safe. A directory that cannot be written is told once by `problem()`; then everything lives in memory only.
class StateStore {
public:
    explicit StateStore(std::string directory);

    std::map<std::string, Learned> devices() const;
    /// The devices a directory's file holds now, for a look beside the service; changes nothing. Empty when unreadable.
    static std::map<std::string, Learned> peek(const std::string& directory);
    /// Written a moment later, with all others of that moment: hundreds of devices are learned at once.
    void put_device(const std::string& mac, const Learned& learned);
    void remove_device(const std::string& mac);

    /// A text kept under `key`; made by `make` at first use.
    std::string text(const std::string& key, const std::function<std::string()>& make);

    void put_text(const std::string& key, const std::string& text);
    /// A text that was put; empty when none was.
    std::string kept(const std::string& key) const;

    /// Devices added, renamed or removed at run time, as devices[] entries in JSON, by id.
    std::map<std::string, std::string> added() const;
    void put_added(const std::string& id, const std::string& json_text);
    void remove_added(const std::string& id);

    /// Short texts that come and go, by key.
    std::optional<std::string> note(const std::string& key) const;
    void put_note(const std::string& key, const std::string& text);
    void remove_note(const std::string& key);

    /// One sentence when the last read or write failed; empty otherwise.
    std::string problem() const;

private:
    void load();
    void save();  // with the mutex held
    void write_later(const std::stop_token& stop);

    mutable std::mutex mutex_;
    std::condition_variable_any learned_;
    bool dirty_ = false;
    bool is_read_only_ = false;  // what could not be opened lies nowhere but in the file
    std::string directory_, problem_;
    std::map<std::string, Learned> devices_;
    std::map<std::string, std::string> texts_, added_, notes_;
    std::jthread writer_;  // last: it writes what is left before the rest goes
};

}  // namespace tplink::gateway
