#include "media/plugins.hpp"

#include <gst/gst.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "media/elements/register.hpp"
#include "media/gst_ptr.hpp"

namespace tplink::media {
namespace {

struct Plugin {
    const char* name;  // of the plugin; its file is libgstNAME.so
    const char* package;
    bool optional = false;  // there only on some machines
};

constexpr const char* kBase = "gstreamer1.0-plugins-base";
constexpr const char* kGood = "gstreamer1.0-plugins-good";
constexpr const char* kBad = "gstreamer1.0-plugins-bad";
constexpr const char* kUgly = "gstreamer1.0-plugins-ugly";

constexpr Plugin kCore{"coreelements", "libgstreamer1.0-0"};
constexpr Plugin kApp{"app", kBase};
constexpr Plugin kLibav{"libav", "gstreamer1.0-libav"};
constexpr Plugin kScale{"videoconvertscale", kBase};
constexpr Plugin kJpeg{"jpeg", kGood};
constexpr Plugin kAudioConvert{"audioconvert", kBase};
constexpr Plugin kAudioResample{"audioresample", kBase};
constexpr Plugin kAlaw{"alaw", kGood};
constexpr Plugin kMulaw{"mulaw", kGood};
constexpr Plugin kAudioParsers{"audioparsers", kGood};
constexpr Plugin kVideoParsers{"videoparsersbad", kBad};
constexpr Plugin kIsoMp4{"isomp4", kGood};
constexpr Plugin kRtp{"rtp", kGood};
constexpr Plugin kRtpManager{"rtpmanager", kGood};
constexpr Plugin kOpus{"opus", kBase};

std::vector<Plugin> plugins_for(Use use) {
    switch (use) {
    case Use::ingest: return {};  // our own elements
    case Use::rtsp_source: return {kCore, kApp, {"rtsp", kGood}, kRtp, kRtpManager, {"udp", kGood}, {"tcp", kBase}, kVideoParsers, kAudioParsers};
    case Use::webrtc:
        return {kCore, kApp, kRtp, kRtpManager, {"webrtc", kBad}, {"nice", "gstreamer1.0-nice"}, {"dtls", kBad}, {"srtp", kBad}, {"sctp", kBad},
                kAlaw, kMulaw, kOpus, kAudioConvert, kAudioResample};
    case Use::still: return {kCore, kApp, kLibav, kScale, kJpeg};
    case Use::mjpeg: return {kCore, kApp, kLibav, kScale, kJpeg, {"videorate", kBase}};
    case Use::mp4: return {kCore, kApp, kVideoParsers, kIsoMp4, kAlaw, kAudioConvert, kAudioResample, kAudioParsers, {"voaacenc", kBad}};
    case Use::aac: return {kCore, kApp, kAudioParsers, {"faad", kBad}, kAudioConvert, kAudioResample, kAlaw};
    case Use::transcode:
        return {kCore, kApp, kLibav, kScale, kVideoParsers, {"x264", kUgly, true}, {"video4linux2", kGood, true}, {"va", kBad, true}, {"nvcodec", kBad, true}};
    case Use::speech:
        return {kCore, kApp, kAlaw, kMulaw, kAudioConvert, kAudioResample, kAudioParsers, kLibav, {"playback", kBase}, {"typefindfunctions", kBase},
                {"wavparse", kGood, true}, {"ogg", kBase, true}, {"vorbis", kBase, true}, kOpus, {"flac", kGood, true}, {"mpg123", kGood, true},
                {"id3demux", kGood, true}, {"apetag", kGood, true}, kIsoMp4, {"matroska", kGood, true}};
    }
    return {};
}

void add_folders(std::vector<std::string>& out, const char* list) {
    for (std::string rest = list; !rest.empty();) {
        const auto colon = rest.find(':');
        if (colon != 0) out.push_back(rest.substr(0, colon));
        rest.erase(0, colon == std::string::npos ? colon : colon + 1);
    }
}

// As GStreamer itself looks for them. source: gst-running, "Environment variables"
std::vector<std::string> folders() {
    std::vector<std::string> out;
    const auto first_of = [](std::initializer_list<const char*> names) -> const char* {
        for (const char* name : names)
            if (const char* value = std::getenv(name)) return value;
        return nullptr;
    };
    if (const char* own = first_of({"GST_PLUGIN_PATH_1_0", "GST_PLUGIN_PATH"})) add_folders(out, own);
    const char* system = first_of({"GST_PLUGIN_SYSTEM_PATH_1_0", "GST_PLUGIN_SYSTEM_PATH"});
    add_folders(out, system != nullptr ? system : GST_PLUGINS_FOLDER);
    return out;
}

Result<void> load(const Plugin& plugin) {
    // Known already when the whole list was read; its elements then load by themselves.
    if (const GPtr<GstPlugin> known(gst_registry_find_plugin(gst_registry_get(), plugin.name)); known) return {};
    std::string why;
    for (const std::string& folder : folders()) {
        const std::string file = folder + "/libgst" + plugin.name + ".so";
        if (::access(file.c_str(), R_OK) != 0) continue;
        GError* error = nullptr;
        if (const GPtr<GstPlugin> loaded(gst_plugin_load_file(file.c_str(), &error)); loaded) return {};
        why = " (" + take_message(error) + ")";
    }
    if (plugin.optional) return {};
    return fail(Errc::refused, std::string("the GStreamer plugin ") + plugin.name + " is missing; install the package " + plugin.package + why);
}

Result<void> initialize() {
    GError* error = nullptr;
    if (!gst_init_check(nullptr, nullptr, &error)) return fail(Errc::refused, "GStreamer does not start: " + take_message(error));
    if (!register_elements(nullptr)) return fail(Errc::refused, "GStreamer refuses our own elements");
    return {};
}

}  // namespace

void prepare_gstreamer() { ::setenv("GST_REGISTRY_DISABLE", "yes", 0); }

Result<void> start_gstreamer(Use use) {
    static const Result<void> started = initialize();
    TRY_VOID(Result<void>(started));
    static std::mutex mutex;  // guards `loaded`
    static std::set<Use> loaded;
    const std::lock_guard lock(mutex);
    if (loaded.contains(use)) return {};
    for (const Plugin& plugin : plugins_for(use)) TRY_VOID(load(plugin));
    loaded.insert(use);
    return {};
}

}  // namespace tplink::media
