#include "media/webrtc/answer.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

namespace tplink::media::webrtc {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty()) lines.push_back(line);
    }
    return lines;
}

std::string source_lines(std::uint32_t ssrc, const std::string& name, const char* track) {
    const std::string head = "a=ssrc:" + std::to_string(ssrc);
    return head + " cname:" + name + "\r\n" + head + " msid:" + name + " " + track + "\r\n";
}

bool is_refused(std::string_view media) {  // "m=video 0 ..."
    const auto space = media.find(' ');
    return space != media.npos && media.substr(space).starts_with(" 0 ");
}

}  // namespace

std::optional<std::uint8_t> repeat_payload(const std::string& answer, unsigned payload) {
    constexpr std::string_view kFormat = "a=fmtp:", kType = "a=rtpmap:";
    const auto lines = lines_of(answer);
    for (const std::string_view line : lines) {
        if (!line.starts_with(kFormat)) continue;
        std::uint8_t found = 0;
        const char* begin = line.data() + kFormat.size();
        const auto [end, error] = std::from_chars(begin, line.data() + line.size(), found);
        if (error != std::errc{} || found > 127) continue;
        const std::string_view rest(end, static_cast<std::size_t>(line.data() + line.size() - end));
        if (rest != " apt=" + std::to_string(payload)) continue;
        const std::string type = std::string(kType) + std::to_string(found) + " rtx/90000";
        if (std::find(lines.begin(), lines.end(), type) != lines.end()) return found;
    }
    return std::nullopt;
}

std::string sender_name(const std::string& answer) {
    constexpr std::string_view kName = " cname:";
    for (const std::string_view line : lines_of(answer))
        if (const auto at = line.find(kName); line.starts_with("a=ssrc:") && at != line.npos) return std::string(line.substr(at + kName.size()));
    return "tplink2mqtt";
}

std::string name_sources(const std::string& answer, const Sources& sources, const std::string& name) {
    std::string out, pending;  // pending: what the section in work gets at its end
    bool ours = false, video_named = false, sound_named = false;
    for (const std::string_view line : lines_of(answer)) {
        if (line.starts_with("m=")) {
            out += pending;
            pending.clear();
            const bool video = line.starts_with("m=video") && !is_refused(line) && !video_named;
            const bool sound = line.starts_with("m=audio") && !is_refused(line) && sources.sound && !sound_named;
            ours = video || sound;
            if (video && sources.video_again)
                pending = "a=ssrc-group:FID " + std::to_string(sources.video) + " " + std::to_string(*sources.video_again) + "\r\n";
            if (video) pending += source_lines(sources.video, name, "video");
            if (video && sources.video_again) pending += source_lines(*sources.video_again, name, "video");
            if (sound) pending += source_lines(*sources.sound, name, "sound");
            video_named = video_named || video;
            sound_named = sound_named || sound;
        }
        if (ours && line.starts_with("a=ssrc")) continue;
        out.append(line).append("\r\n");
    }
    return out + pending;
}

}  // namespace tplink::media::webrtc
