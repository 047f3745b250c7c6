#pragma once
// Reads the members of a configuration object and tells which ones nobody asked for.

#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace tplink::sim {

class OptionReader {
public:
    explicit OptionReader(const boost::json::object& options) : options_(options) {}

    /// Overwrites `target` when the key is there.
    template <class T> void read(std::string_view key, T& target) {
        const boost::json::value* value = find(key);
        if (!value) return;
        const auto converted = boost::json::try_value_to<T>(*value);
        if (converted)
            target = *converted;
        else if (error_.empty())
            error_ = std::string(key) + ": value of another type";
    }
    /// The unit is the key's last word: _ms or _s.
    template <class Rep, class Period>
    void read(std::string_view key, std::chrono::duration<Rep, Period>& target) {
        std::int64_t count = target.count();
        read(key, count);
        target = std::chrono::duration<Rep, Period>(count);
    }
    /// One of the words, e.g. {"sha256", PasswordHash::sha256}.
    template <class T>
    void choose(std::string_view key, std::initializer_list<std::pair<std::string_view, T>> words,
                T& target) {
        std::string word;
        read(key, word);
        if (word.empty()) return;
        for (const auto& [name, value] : words)
            if (name == word) {
                target = value;
                return;
            }
        if (error_.empty()) error_ = std::string(key) + ": unknown word " + word;
    }
    const boost::json::value* find(std::string_view key) {
        used_.emplace(key);
        return options_.if_contains(key);
    }
    /// Something wrong that only the caller can see.
    void refuse(std::string sentence) {
        if (error_.empty()) error_ = std::move(sentence);
    }
    /// What was wrong first; a key that was never asked for counts. Empty: nothing.
    std::string error() const {
        if (!error_.empty()) return error_;
        for (const auto& [key, value] : options_)
            if (!used_.contains(std::string(key))) return std::string(key) + ": unknown option";
        return {};
    }

private:
    const boost::json::object& options_;
    std::set<std::string> used_;
    std::string error_;
};

} // namespace tplink::sim
