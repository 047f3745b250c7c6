#include "media/stream_log.hpp"

namespace tplink::media {
namespace {

std::string describe(const StreamFormat& format) {
    std::string text = format.video == Codec::h265 ? "H.265" : "H.264";
    if (!format.audio) return text + " without sound";
    return text + (*format.audio == Codec::pcma ? " and PCMA " : " and PCMU ") + std::to_string(format.audio_rate) + " Hz";
}

}  // namespace

void StreamLog::on_change(const std::string& camera, const StreamStatus& status) {
    Last& last = last_[camera + "/" + status.name];
    const std::string name = "stream " + status.name + ": ";
    if (status.state == StreamState::failed && status.error && status.error->what != last.error) {
        last.error = status.error->what;  // the same failure again and again is said once
        say(LogLevel::warning, camera, name + last.error + " (" + std::string(to_string(status.error->code)) + ")");
    }
    if (status.state != last.state) {
        const bool began = status.state == StreamState::live && last.state != StreamState::lingering;
        if (began) {
            last.error.clear();
            say(LogLevel::info, camera, name + "live, " + describe(status.format));
        } else if (status.state == StreamState::idle && last.state != StreamState::connecting) {
            say(LogLevel::info, camera, name + "closed, nobody watches");
        } else {
            say(LogLevel::debug, camera, name + std::string(to_string(status.state)));
        }
        last.state = status.state;
    }
}

void StreamLog::say(LogLevel level, const std::string& camera, const std::string& line) const {
    if (events_.log) events_.log(level, camera, line);
}

}  // namespace tplink::media
