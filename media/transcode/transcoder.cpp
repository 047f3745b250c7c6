#include "media/transcode/transcoder.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "media/appsrc_feed.hpp"
#include "media/codec/video_track.hpp"
#include "media/gst_ptr.hpp"
#include "media/ingest/arrival_clock.hpp"
#include "media/plugins.hpp"

namespace tplink::media {
namespace {

constexpr guint64 kMostWaiting = 4U << 20;  // bytes; beyond it the machine is too slow and skips to the next keyframe

struct Encoder {
    const char* element;
    const char* settings;
};
// Hardware first; those elements are there only when the machine has it.
constexpr std::array kEncoders{
    Encoder{"v4l2h264enc", " extra-controls=\"controls,repeat_sequence_header=1,video_gop_size=30\" ! video/x-h264,level=(string)4"},
    Encoder{"vah264lpenc", " key-int-max=30 b-frames=0"}, Encoder{"vah264enc", " key-int-max=30 b-frames=0"},
    Encoder{"nvh264enc", " gop-size=30 zerolatency=true"},
    Encoder{"x264enc", " tune=zerolatency speed-preset=ultrafast key-int-max=30 bframes=0 pass=qual quantizer=26"},
};

std::string launch_text(const Encoder& encoder) {
    return "appsrc name=in is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" + caps_text(Codec::h265, 0) +
           "\" ! avdec_h265 max-threads=1 ! videoconvert ! " + encoder.element + encoder.settings +
           " ! h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=out sync=false";
}

GstElement* build() {
    for (const Encoder& encoder : kEncoders) {
        const GPtr<GstElementFactory> factory(gst_element_factory_find(encoder.element));
        if (!factory) continue;
        GError* error = nullptr;
        GstElement* pipeline = gst_parse_launch(launch_text(encoder).c_str(), &error);
        if (error == nullptr && gst_element_set_state(pipeline, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE) return pipeline;
        if (error != nullptr) g_error_free(error);
        if (pipeline == nullptr) continue;
        gst_element_set_state(pipeline, GST_STATE_NULL);
        gst_object_unref(pipeline);
    }
    return nullptr;
}

}  // namespace

class Transcoders::Transcoder final : public Consumer, public std::enable_shared_from_this<Transcoder> {
public:
    Transcoder(std::shared_ptr<Viewing> source, GstElement* pipeline)
        : source_(std::move(source)), pipeline_(GST_ELEMENT(g_object_ref_sink(pipeline))), in_(gst_bin_get_by_name(GST_BIN(pipeline), "in")) {
        const GPtr<GstElement> out(gst_bin_get_by_name(GST_BIN(pipeline), "out"));
        GstAppSinkCallbacks callbacks{};
        callbacks.new_sample = on_sample;
        gst_app_sink_set_callbacks(GST_APP_SINK(out.get()), &callbacks, this, nullptr);
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    }
    ~Transcoder() override { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

    Taken deliver(const AccessUnit& unit, std::size_t) noexcept override {
        if (!is_video(unit.codec)) {
            hub_->push(unit);
            return Taken::taken;
        }
        if (gst_app_src_get_current_level_bytes(GST_APP_SRC(in_.get())) > kMostWaiting) return Taken::full;
        GstBuffer* buffer = wrap_buffer(unit);
        GST_BUFFER_PTS(buffer) = std::max(next_pts_, gst_element_get_current_running_time(pipeline_.get()));
        next_pts_ = GST_BUFFER_PTS(buffer) + GST_MSECOND;
        return gst_app_src_push_buffer(GST_APP_SRC(in_.get()), buffer) == GST_FLOW_OK ? Taken::taken : Taken::full;
    }

    const std::shared_ptr<Hub>& hub() const { return hub_; }

    /// False when the last one has left already: then it is ending.
    bool enter() {
        const std::lock_guard lock(mutex_);
        if (ending_) return false;
        ++viewers_;
        return true;
    }
    void remember(const std::shared_ptr<Viewing>& viewing) {
        const std::lock_guard lock(mutex_);
        std::erase_if(viewings_, [](const auto& weak) { return weak.expired(); });
        viewings_.push_back(viewing);
    }
    void leave() {
        {
            const std::lock_guard lock(mutex_);
            if (--viewers_ > 0) return;
            ending_ = true;
        }
        source_->hub().detach(shared_from_this());
    }
    void revoke_all() {
        std::vector<std::weak_ptr<Viewing>> viewings;
        {
            const std::lock_guard lock(mutex_);
            viewings = viewings_;
        }
        for (const auto& weak : viewings)
            if (const auto viewing = weak.lock()) viewing->revoke();
    }

private:
    static GstFlowReturn on_sample(GstAppSink* sink, gpointer self) try {
        const MiniPtr<GstSample> sample(gst_app_sink_pull_sample(sink));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        if (buffer == nullptr) return GST_FLOW_EOS;
        Buffer bytes(gst_buffer_get_size(buffer));
        gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
        static_cast<Transcoder*>(self)->take(std::move(bytes), GST_BUFFER_PTS(buffer));
        return GST_FLOW_OK;
    } catch (const std::exception&) {
        return GST_FLOW_ERROR;
    }

    void take(Buffer bytes, GstClockTime pts) {
        const UnitKind kind = track_.take(bytes);
        if (kind == UnitKind::none) return;
        AccessUnit unit;
        unit.codec = Codec::h264;
        unit.keyframe = kind == UnitKind::keyframe;
        unit.arrival = std::chrono::steady_clock::now();
        unit.pts_90k = GST_CLOCK_TIME_IS_VALID(pts) ? static_cast<std::int64_t>(pts / 1000 * 9 / 100) : 0;
        unit.shown = clock_.time_of(unit.pts_90k, unit.arrival);
        unit.data = std::make_shared<const Buffer>(std::move(bytes));
        hub_->push(unit);
    }

    const std::shared_ptr<Viewing> source_;
    std::mutex mutex_;  // guards the three below
    unsigned viewers_ = 0;
    bool ending_ = false;
    std::vector<std::weak_ptr<Viewing>> viewings_;
    const std::shared_ptr<Hub> hub_ = std::make_shared<Hub>();
    VideoTrack track_{Codec::h264};
    ArrivalClock clock_;
    GstClockTime next_pts_ = 0;
    GPtr<GstElement> pipeline_;
    GPtr<GstElement> in_;
};

/// The last one to go ends the transcoding.
class Transcoders::TranscodedViewing final : public Viewing {
public:
    TranscodedViewing(std::shared_ptr<Transcoder> transcoder, const StreamFormat& format)
        : Viewing(transcoder->hub(), format), transcoder_(std::move(transcoder)) {}
    ~TranscodedViewing() override { transcoder_->leave(); }

private:
    std::shared_ptr<Transcoder> transcoder_;
};

Transcoders::Transcoders() : most_(std::max(1U, std::thread::hardware_concurrency() / 2)) {}

Result<std::shared_ptr<Viewing>> Transcoders::view(std::shared_ptr<Viewing> source) {
    TRY_VOID(start_gstreamer(Use::transcode));
    StreamFormat format = source->format();
    format.video = Codec::h264;
    const Hub* key = &source->hub();
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [](const auto& entry) { return entry.second.expired(); });
    auto transcoder = running_[key].lock();
    if (!transcoder || !transcoder->enter()) {
        if (running_.size() > most_) {
            running_.erase(key);
            return fail(Errc::refused, std::to_string(most_) + " streams are transcoded already, and this machine can do no more; use RTSP, or close another view");
        }
        GstElement* pipeline = build();
        if (pipeline == nullptr) {
            running_.erase(key);
            return fail(Errc::refused, "no H.264 encoder is installed; install the package gstreamer1.0-plugins-ugly");
        }
        transcoder = std::make_shared<Transcoder>(source, pipeline);
        running_[key] = transcoder;
        transcoder->enter();
        source->on_revoked([weak = std::weak_ptr(transcoder)] {
            if (const auto alive = weak.lock()) alive->revoke_all();
        });
        source->hub().attach(transcoder);
    }
    auto viewing = std::make_shared<TranscodedViewing>(transcoder, format);
    transcoder->remember(viewing);
    return std::shared_ptr<Viewing>(std::move(viewing));
}

std::size_t Transcoders::running() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(running_.begin(), running_.end(), [](const auto& entry) { return !entry.second.expired(); }));
}

}  // namespace tplink::media
