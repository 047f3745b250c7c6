#include "gateway/device/energy_ledger.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace tplink::gateway {
namespace {

constexpr std::size_t kMaxFile = 4U << 20;  // bytes; 1000 devices need 100 kB
constexpr std::size_t kMaxDevices = 8192;

/// Beside the file first, then renamed over it: a crash leaves the old or the new one, never half.
bool write_file(const std::string& path, const std::string& text) {
    const std::string beside = path + ".new";
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t step = ::write(fd, text.data() + written, text.size() - written);
        if (step <= 0) break;
        written += static_cast<std::size_t>(step);
    }
    const bool good = written == text.size() && ::fdatasync(fd) == 0;
    ::close(fd);
    return good && std::rename(beside.c_str(), path.c_str()) == 0;
}

}  // namespace

EnergyLedger::EnergyLedger(std::string directory) : path_(directory.empty() ? std::string() : directory + "/energy.json") {
    std::ifstream in(path_, std::ios::binary);
    if (path_.empty() || !in) return;
    std::ostringstream text;
    text << in.rdbuf();
    boost::system::error_code bad;
    const boost::json::value parsed = text.str().size() > kMaxFile ? boost::json::value() : boost::json::parse(text.str(), bad);
    if (!bad && parsed.is_object()) totals_ = parsed.get_object();
}

boost::json::value EnergyLedger::find(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    const boost::json::value* known = totals_.if_contains(id);
    return known == nullptr ? boost::json::value(nullptr) : *known;
}

void EnergyLedger::put(const std::string& id, boost::json::object total) {
    const std::lock_guard lock(mutex_);
    if (totals_.size() >= kMaxDevices && !totals_.contains(id)) return;
    totals_[id] = std::move(total);
    dirty_ = true;
}

void EnergyLedger::remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    dirty_ |= totals_.erase(id) > 0;
}

bool EnergyLedger::flush() {
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        if (!dirty_ || path_.empty()) return true;
        dirty_ = false;
        text = boost::json::serialize(totals_);
    }
    if (write_file(path_, text)) return true;
    const std::lock_guard lock(mutex_);
    dirty_ = true;
    return false;
}

}  // namespace tplink::gateway
