#include "gateway/config/section.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <yaml-cpp/yaml.h>

namespace tplink::gateway {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t k = 0; k <= b.size(); ++k) row[k] = k;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t k = 1; k <= b.size(); ++k) {
            const std::size_t above = row[k];
            row[k] = std::min({row[k] + 1, row[k - 1] + 1, diagonal + (a[i - 1] == b[k - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

/// Line from 1 of a node; 0 when it came from no file.
int line(const YAML::Node& node) { return node.IsDefined() && node.Mark().line >= 0 ? node.Mark().line + 1 : 0; }

/// One line a person can read: control characters become '?', an endless text ends in "...".
std::string shown(std::string_view text, std::size_t max_bytes) {
    std::size_t end = std::min(text.size(), max_bytes);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole UTF-8 characters
    std::string out(text.substr(0, end));
    std::replace_if(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
    return end < text.size() ? out + "..." : out;
}

}  // namespace

ConfigFault make_fault(const std::string& file, int line, std::string_view key, std::string_view message) {
    constexpr std::size_t kMaxKey = 200;
    constexpr std::size_t kMaxMessage = 1000;  // the longest of ours lists 20 keys
    return {file, line, key.empty() ? "(empty key)" : shown(key, kMaxKey), shown(message, kMaxMessage)};
}

Section::Section(YAML::Node node, std::string path, std::string file, std::vector<ConfigFault>& faults)
    : node_(std::move(node)), path_(std::move(path)), file_(std::move(file)), faults_(&faults) {
    if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
        faults_->push_back(make_fault(file_, line(node_), path_.empty() ? "configuration" : path_, "expected a mapping of keys to values"));
        node_ = YAML::Node();
    }
}

std::string Section::name_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

YAML::Node Section::find(const std::string& key) {
    known_.insert(key);
    if (!has(key)) return {};
    return node_[key];
}

bool Section::has(const std::string& key) const {
    return node_.IsMap() && static_cast<const YAML::Node&>(node_)[key].IsDefined() &&
           !static_cast<const YAML::Node&>(node_)[key].IsNull();
}

int Section::line_of(const std::string& key) const {
    if (node_.IsMap())
        for (const auto& entry : node_)
            if (entry.first.IsScalar() && entry.first.Scalar() == key) return line(entry.first);
    return line(node_);
}

void Section::fault(const std::string& key, const std::string& message) {
    faults_->push_back(make_fault(file_, line_of(key), name_of(key), message));
}

void Section::text(const std::string& key, std::string& out) {
    const YAML::Node value = find(key);
    if (!has(key)) return;
    if (!value.IsScalar()) return fault(key, "expected a text");
    out = value.Scalar();
}

void Section::flag(const std::string& key, bool& out) {
    const YAML::Node value = find(key);
    if (!has(key)) return;
    bool parsed = false;
    if (!value.IsScalar() || !YAML::convert<bool>::decode(value, parsed)) return fault(key, "expected true or false");
    out = parsed;
}

void Section::integer(const std::string& key, long& out, long low, long high) {
    const YAML::Node value = find(key);
    if (!has(key)) return;
    long parsed = 0;
    const std::string written = value.IsScalar() ? value.Scalar() : "";
    const auto [end, ec] = std::from_chars(written.data(), written.data() + written.size(), parsed);
    if (ec != std::errc{} || end != written.data() + written.size() || parsed < low || parsed > high)
        return fault(key, "expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    out = parsed;
}

void Section::seconds(const std::string& key, std::chrono::seconds& out, long low, long high) {
    long value = static_cast<long>(out.count());
    integer(key, value, low, high);
    out = std::chrono::seconds(value);
}

void Section::secret(const std::string& key, Secret& out) {
    std::string value;
    text(key, value);
    if (has(key)) out = Secret(value);
    std::string path;
    text(key + "_file", path);
    if (path.empty()) return;
    // Whoever may send requests must not read this machine's files by them.
    if (file_ == kRequestFile) return fault(key + "_file", "is not taken from a request; send the password itself");
    if (has(key) && !value.empty()) return fault(key + "_file", "give either " + key + " or " + key + "_file, not both");
    constexpr std::size_t kMaxSecret = 4096;
    std::error_code ec;
    std::ifstream file;
    if (std::filesystem::is_regular_file(path, ec)) file.open(path);  // a pipe would wait, a device never end
    std::string first(kMaxSecret, '\0');
    file.read(first.data(), kMaxSecret);
    if (file.gcount() == 0) return fault(key + "_file", "cannot be read, or holds nothing: " + path);
    first.resize(static_cast<std::size_t>(file.gcount()));
    first.resize(std::min(first.find('\n'), first.size()));
    if (!first.empty() && first.back() == '\r') first.pop_back();
    out = Secret(first);
}

void Section::texts(const std::string& key, std::vector<std::string>& out) {
    const YAML::Node value = find(key);
    if (!has(key)) return;
    if (!value.IsSequence()) return fault(key, "expected a list");
    std::vector<std::string> items;
    for (const YAML::Node& item : value) {
        if (!item.IsScalar()) return fault(key, "expected a list of texts");
        items.push_back(item.Scalar());
    }
    out = std::move(items);
}

void Section::listen(const std::string& key, Listen& out) {
    std::string value;
    text(key, value);
    if (!has(key)) return;
    const auto colon = value.rfind(':');
    int port = -1;
    if (colon != std::string::npos) {
        const char* const last = value.data() + value.size();
        if (std::from_chars(value.data() + colon + 1, last, port).ptr != last) port = -1;
    }
    if (colon == std::string::npos || colon == 0 || port < 0 || port > 65535)
        return fault(key, "expected ADDRESS:PORT, such as 0.0.0.0:8745");
    out = {value.substr(0, colon), static_cast<std::uint16_t>(port)};
}

Section Section::section(const std::string& key) { return {find(key), name_of(key), file_, *faults_}; }

std::vector<Section> Section::sections(const std::string& key) {
    std::vector<Section> result;
    const YAML::Node value = find(key);
    if (!has(key)) return result;
    if (!value.IsSequence()) {
        fault(key, "expected a list");
        return result;
    }
    for (std::size_t i = 0; i < value.size(); ++i)
        result.emplace_back(value[i], name_of(key) + "[" + std::to_string(i) + "]", file_, *faults_);
    return result;
}

void Section::finish() {
    if (!node_.IsMap()) return;
    std::set<std::string> seen;
    for (const auto& entry : node_) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
        if (!seen.insert(key).second) faults_->push_back(make_fault(file_, line(entry.first), name_of(key), "is given twice; keep one"));
        if (known_.contains(key)) continue;
        std::string nearest;
        std::size_t best = 4;  // farther words are no typing errors
        for (const std::string& candidate : known_)
            if (const std::size_t distance = edit_distance(key, candidate); distance < best) {
                best = distance;
                nearest = candidate;
            }
        std::string all;
        for (const std::string& candidate : known_) all += (all.empty() ? "" : ", ") + candidate;
        faults_->push_back(make_fault(file_, line(entry.first), name_of(key),
                                      nearest.empty() ? "is not known; known here: " + all : "is not known; did you mean '" + nearest + "'?"));
    }
}

}  // namespace tplink::gateway
