#include "media/plugins.hpp"

#include <gst/gst.h>

#include <array>

#include "media/elements/register.hpp"
#include "media/gst_ptr.hpp"

namespace tplink::media {
namespace {

struct Needed {
    const char* element;
    const char* package;
};

constexpr const char* kBase = "gstreamer1.0-plugins-base";
constexpr const char* kGood = "gstreamer1.0-plugins-good";
constexpr const char* kBad = "gstreamer1.0-plugins-bad";

constexpr std::array kNeeded{
    Needed{"appsrc", kBase},       Needed{"appsink", kBase},      Needed{"videoconvert", kBase},
    Needed{"videoscale", kBase},   Needed{"audioresample", kBase}, Needed{"rtph264pay", kGood},
    Needed{"rtph265pay", kGood},   Needed{"rtppcmapay", kGood},   Needed{"rtppcmupay", kGood},
    Needed{"alawenc", kGood},      Needed{"mulawdec", kGood},     Needed{"rtpbin", kGood},
    Needed{"udpsrc", kGood},       Needed{"jpegenc", kGood},      Needed{"webrtcbin", kBad},
    Needed{"dtlsdec", kBad},       Needed{"srtpenc", kBad},       Needed{"nicesrc", "gstreamer1.0-nice"},
    Needed{"avdec_h264", "gstreamer1.0-libav"}, Needed{"avdec_h265", "gstreamer1.0-libav"},
};

}  // namespace

namespace {

Result<void> start_once() {
    GError* error = nullptr;
    if (!gst_init_check(nullptr, nullptr, &error)) return fail(Errc::refused, "GStreamer does not start: " + take_message(error));
    for (const Needed& needed : kNeeded) {
        const GPtr<GstElementFactory> factory(gst_element_factory_find(needed.element));
        if (!factory)
            return fail(Errc::refused, std::string("GStreamer element ") + needed.element + " is missing; install the package " + needed.package);
    }
    if (!register_elements(nullptr)) return fail(Errc::refused, "GStreamer refuses our own elements");
    return {};
}

}  // namespace

Result<void> start_gstreamer() {
    static const Result<void> started = start_once();
    return started;
}

}  // namespace tplink::media
