#include "media/talk/speech_decoder.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include "media/codec/g711.hpp"
#include "media/gst_ptr.hpp"
#include "media/plugins.hpp"
#include "media/talk/wav.hpp"

namespace tplink::media {
namespace {

constexpr GstClockTime kLimit = 10 * GST_SECOND;  // without a sample; decoding runs far faster than real time
constexpr GstClockTime kLook = 20 * GST_MSECOND;
constexpr const char* kEnd =
    " ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! alawenc ! appsink name=out sync=false";

std::string caps_of(const Wav& wav) {
    const std::string rest = ",rate=" + std::to_string(wav.rate) + ",channels=" + std::to_string(wav.channels);
    const std::string raw = "audio/x-raw,layout=interleaved" + std::string(wav.channels > 2 ? ",channel-mask=(bitmask)0" : "") + rest;
    switch (wav.form) {
    case SampleForm::u8: return raw + ",format=U8";
    case SampleForm::s16: return raw + ",format=S16LE";
    case SampleForm::s24: return raw + ",format=S24LE";
    case SampleForm::s32: return raw + ",format=S32LE";
    case SampleForm::f32: return raw + ",format=F32LE";
    case SampleForm::alaw: return "audio/x-alaw" + rest;
    case SampleForm::ulaw: return "audio/x-mulaw" + rest;
    }
    return raw;
}

std::string launch_of(const Wav& wav) {
    const char* decoder = wav.form == SampleForm::alaw ? " ! alawdec" : wav.form == SampleForm::ulaw ? " ! mulawdec" : "";
    return "appsrc name=in format=time max-bytes=0 block=false caps=\"" + caps_of(wav) + "\"" + decoder + kEnd;
}

class Pipeline {
public:
    explicit Pipeline(GstElement* element) : element_(GST_ELEMENT(g_object_ref_sink(element))) {}
    ~Pipeline() { gst_element_set_state(element_.get(), GST_STATE_NULL); }
    GstElement* get() const { return element_.get(); }
    GPtr<GstElement> find(const char* name) const { return GPtr<GstElement>(gst_bin_get_by_name(GST_BIN(element_.get()), name)); }

    bool failed() const {
        const GPtr<GstBus> bus(gst_element_get_bus(element_.get()));
        return MiniPtr<GstMessage>(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR)) != nullptr;
    }

private:
    GPtr<GstElement> element_;
};

Result<Buffer> convert(const std::string& launch, Bytes bytes) {
    GError* error = nullptr;
    GstElement* built = gst_parse_launch(launch.c_str(), &error);
    if (error != nullptr) {
        if (built != nullptr) gst_object_unref(built);
        return fail(Errc::refused, "speech: " + take_message(error));
    }
    const Pipeline pipeline(built);
    const auto in = pipeline.find("in");
    const auto out = pipeline.find("out");
    if (gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return fail(Errc::refused, "speech: the decoder does not start");
    GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = 0;
    gst_app_src_push_buffer(GST_APP_SRC(in.get()), buffer);
    gst_app_src_end_of_stream(GST_APP_SRC(in.get()));
    Buffer alaw;
    GstClockTime waited = 0;
    while (alaw.size() < kMaxSpeech && waited < kLimit) {
        const MiniPtr<GstSample> sample(gst_app_sink_try_pull_sample(GST_APP_SINK(out.get()), kLook));
        GstBuffer* piece = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (piece == nullptr) {
            if (gst_app_sink_is_eos(GST_APP_SINK(out.get())) != FALSE || pipeline.failed()) break;
            waited += kLook;
            continue;
        }
        waited = 0;
        const std::size_t at = alaw.size();
        alaw.resize(at + gst_buffer_get_size(piece));
        gst_buffer_extract(piece, 0, alaw.data() + at, alaw.size() - at);
    }
    if (alaw.size() > kMaxSpeech) alaw.resize(kMaxSpeech);
    if (alaw.empty()) return fail(Errc::malformed, "the sound cannot be decoded; send a WAV file with 16 bit PCM");
    return alaw;
}

}  // namespace

Result<Buffer> decode_speech(Bytes file, std::string_view content_type) {
    const std::string type = ascii_lower(content_type.substr(0, content_type.find(';')));
    if (file.empty()) return fail(Errc::malformed, "there is no sound in the body; send a WAV file");
    const Bytes most = file.first(std::min(file.size(), kMaxSpeech));
    if (type == "audio/pcma") return to_buffer(most);
    if (type == "audio/pcmu" || type == "audio/basic") return alaw_from_ulaw(most);
    TRY_VOID(start_gstreamer(Use::speech));
    if (as_text(file.first(std::min<std::size_t>(file.size(), 4))) == "RIFF") {
        const Wav wav = TRY(parse_wav(file));
        if (wav.samples.empty()) return fail(Errc::malformed, "WAV: the file has no samples");
        return convert(launch_of(wav), wav.samples);
    }
    return convert(std::string("appsrc name=in max-bytes=0 block=false ! decodebin ") + kEnd, file);
}

}  // namespace tplink::media
