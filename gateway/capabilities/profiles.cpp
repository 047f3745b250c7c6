#include "gateway/capabilities/profiles.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <yaml-cpp/yaml.h>

#include "gateway/config/section.hpp"

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxFile = 256U << 10;
constexpr std::size_t kMaxRows = 200;    // per file
constexpr std::size_t kMaxTables = 200;  // models asked for; further ones get the table without profiles

bool is_id(std::string_view id) {
    return !id.empty() && id.size() <= 60 && std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_json_object(const std::string& text) {
    boost::system::error_code ec;
    return json::parse(text, ec).is_object() && !ec;
}

enum class Word { toggle, number, select, sensor, text, button };

}  // namespace

struct Profiles::Profile {
    Family family = Family::tapo_camera;
    std::string model;  ///< empty: every one
    std::vector<Capability> rows;
};

/// One entry of `rows`.
struct RowReader {
    Profiles& owner;
    Section in;
    bool good = true;

    void wrong(const std::string& key, const std::string& message) {
        in.fault(key, message);
        good = false;
    }
    std::string_view text(const std::string& key) {
        std::string value;
        in.text(key, value);
        return owner.keep(std::move(value));
    }
    std::string_view pointer(const std::string& key, std::string_view otherwise = {}) {
        const std::string_view value = text(key);
        if (value.empty()) return otherwise;
        if (value.front() != '/') wrong(key, "a path begins with /, such as /led/config/enabled");
        return value;
    }
    std::string_view object(const std::string& key) {
        const std::string_view value = text(key);
        if (!value.empty() && !is_json_object(std::string(value))) wrong(key, "expected a JSON object as text, such as '{\"led\":{\"name\":[\"config\"]}}'");
        return value;
    }
    double real(const std::string& key, double otherwise) {
        std::string value;
        in.text(key, value);
        if (!in.has(key)) return otherwise;
        char* end = nullptr;
        const double number = std::strtod(value.c_str(), &end);
        if (!value.empty() && *end == '\0' && number > -1e9 && number < 1e9) return number;
        wrong(key, "expected a number");
        return otherwise;
    }

    Kind kind(Word word);
    Hint hint(Word word);
    std::optional<Capability> read();
};

Kind RowReader::kind(Word word) {
    if (word == Word::toggle) {
        const std::string_view on = text("on"), off = text("off");
        return OnOff{on.empty() ? "on" : on, off.empty() ? "off" : off};
    }
    if (word == Word::select) {
        std::vector<std::string> options;
        in.texts("options", options);
        if (options.empty()) wrong("options", "a select needs a list of options");
        auto& list = owner.lists_.emplace_back();
        for (std::string& option : options) list.push_back(owner.keep(std::move(option)));
        return Choice{list};
    }
    if (word == Word::button) return Press{};
    const bool numeric = word == Word::number || in.has("unit") || in.has("scale");
    if (!numeric) return Text{};
    Number number{.min = real("min", word == Word::number ? 0 : -1e9), .max = real("max", word == Word::number ? 100 : 1e9), .step = real("step", 1), .scale = real("scale", 1)};
    in.flag("as_text", number.as_text);
    if (number.min >= number.max) wrong("max", "must be larger than min");
    if (number.step <= 0) wrong("step", "must be larger than 0");
    if (number.scale == 0) wrong("scale", "must not be 0");
    return number;
}

Hint RowReader::hint(Word word) {
    Hint hint;
    hint.unit = text("unit");
    hint.device_class = text("device_class");
    hint.icon = text("icon");
    if (!hint.icon.empty() && !hint.icon.starts_with("mdi:")) wrong("icon", "an icon is written mdi:NAME");
    hint.category = word == Word::sensor ? Category::diagnostic : Category::config;
    in.choice<Category>("category", hint.category, {{"main", Category::main}, {"config", Category::config}, {"diagnostic", Category::diagnostic}});
    in.flag("enabled", hint.enabled);
    return hint;
}

std::optional<Capability> RowReader::read() {
    Capability row;
    row.id = text("id");
    if (!is_id(row.id)) wrong("id", "is needed; lower-case letters, digits and _ only");
    row.name = text("name");
    if (row.name.empty()) wrong("name", "is needed; it is what people see");
    row.needs = text("needs");
    Word word = Word::sensor;
    in.choice<Word>("kind", word, {{"switch", Word::toggle}, {"number", Word::number}, {"select", Word::select}, {"sensor", Word::sensor},
                                   {"text", Word::text}, {"button", Word::button}});
    row.kind = kind(word);
    row.hint = hint(word);
    row.query.method = text("get");
    row.query.params = object("params");
    in.number("every_s", row.query.every_s, 0, 86400);
    row.pointer = pointer("value");
    const std::string_view setter = text("set");
    if (word == Word::button) {
        const std::string_view fixed = object("send");
        if (setter.empty() || fixed.empty()) wrong("set", "a button needs set (the method) and send (its parameters)");
        row.write = Set{.method = setter, .pointer = {}, .fixed = fixed};
    } else if (row.query.method.empty() || row.pointer.empty()) {
        wrong("get", "get (the method that reads it) and value (the path in its answer) are needed");
    } else if (!setter.empty() && word != Word::sensor) {
        row.write = Set{.method = setter, .pointer = pointer("at", row.pointer)};
    } else if (word == Word::number || word == Word::select || word == Word::text) {
        wrong("set", "is needed to change it; a value that is only read is a sensor");
    }
    in.finish();
    if (!good) return std::nullopt;
    return row;
}

std::string_view Profiles::keep(std::string text) { return texts_.emplace_back(std::move(text)); }

void Profiles::read(std::string_view yaml, const std::string& file, std::vector<ConfigFault>& faults) {
    if (yaml.size() > kMaxFile) {
        faults.push_back({file, 0, "file", "is larger than 256 KiB; this is no profile"});
        return;
    }
    try {
        Section in(YAML::Load(std::string(yaml)), "", file, faults);
        auto profile = std::make_shared<Profile>();
        in.choice<Family>("family", profile->family, {{"tapo_camera", Family::tapo_camera}, {"vigi_camera", Family::vigi_camera}, {"tapo_plug", Family::tapo_plug}});
        in.text("model", profile->model);
        for (Section& entry : in.sections("rows")) {
            if (profile->rows.size() == kMaxRows) {
                entry.fault("id", "200 rows are enough for one file");
                break;
            }
            const std::size_t before = faults.size();
            const auto row = RowReader{*this, entry}.read();
            if (row && faults.size() == before) profile->rows.push_back(*row);
        }
        if (!in.has("rows")) in.fault("rows", "is needed; the list of what the device can do");
        in.finish();
        if (!profile->rows.empty()) profiles_.push_back(std::move(profile));
    } catch (const YAML::Exception& problem) {
        faults.push_back(make_fault(file, problem.mark.line + 1, "syntax", problem.msg + "; check indentation, quotes and brackets there"));
    }
}

std::shared_ptr<const Profiles> Profiles::parse(std::string_view yaml, const std::string& file, std::vector<ConfigFault>& faults) {
    auto out = std::make_shared<Profiles>();
    out->read(yaml, file, faults);
    return out;
}

std::shared_ptr<const Profiles> Profiles::load(const std::string& folder, std::vector<ConfigFault>& faults) {
    auto out = std::make_shared<Profiles>();
    std::error_code ec;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ec))
        if (entry.path().extension() == ".yaml" && entry.is_regular_file(ec)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& path : files) {
        std::ifstream in(path, std::ios::binary);
        std::ostringstream text;
        if (in) text << in.rdbuf();
        if (in) out->read(text.str(), path.string(), faults);
        else faults.push_back({path.string(), 0, "file", "cannot be read; check its permissions"});
    }
    return out;
}

std::size_t Profiles::size() const { return profiles_.size(); }

Table Profiles::table(Family family, const std::string& model) const {
    Table out = table_of(family);
    const auto fits = [&](const auto& profile) { return profile->family == family && (profile->model.empty() || profile->model == model); };
    if (out.empty() || std::none_of(profiles_.begin(), profiles_.end(), fits)) return out;
    const std::lock_guard lock(mutex_);
    const auto key = std::pair(family, model);
    auto at = tables_.find(key);
    if (at == tables_.end()) {
        if (tables_.size() == kMaxTables) return out;
        std::vector<Capability> rows(out.rows.begin(), out.rows.end());
        for (const auto& profile : profiles_)
            if (fits(profile))
                for (const Capability& row : profile->rows) {
                    // Variants of one id stand together.
                    const auto same = std::find_if(rows.rbegin(), rows.rend(), [&](const Capability& known) { return known.id == row.id; });
                    rows.insert(same.base() == rows.begin() ? rows.end() : same.base(), row);
                }
        at = tables_.emplace(key, std::move(rows)).first;
    }
    out.rows = at->second;
    return out;
}

}  // namespace tplink::gateway
