#include "media/webrtc/peer.hpp"

#include <condition_variable>
#include <mutex>

#include "media/appsrc_feed.hpp"
#include "media/webrtc/webrtc_api.hpp"
#include "protocols/base/random.hpp"

namespace tplink::media::webrtc {
namespace {

constexpr std::chrono::seconds kStepLimit{5};  // one step of the negotiation; warm it takes milliseconds
constexpr std::chrono::seconds kConnectLimit{30};
// Browsers report about each second. A killed browser is never reported by ICE: only its silence tells.
constexpr std::chrono::seconds kSilenceLimit{12};

std::string source(const char* name, const std::string& caps) {
    return std::string("appsrc name=") + name +
           " is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" + caps + "\" ! ";
}

// Retransmission needs an SSRC that is known before the first packet: without it the answer names a group with SSRC 0
// and Chromium shows nothing.
std::string video_branch(int payload) {
    const Buffer random = system_random().bytes(4);
    const std::string ssrc = std::to_string(load_be32(std::span<const std::byte, 4>(random.data(), 4)) | 1U);
    const std::string pt = std::to_string(payload);
    return source("v", caps_text(Codec::h264, 0)) + "rtph264pay pt=" + pt + " ssrc=" + ssrc +
           " config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! application/x-rtp,media=video,encoding-name=H264,payload=" +
           pt + ",clock-rate=90000,ssrc=(uint)" + ssrc + " ! w. ";
}

std::string payloader(const AcceptedAudio& audio) {
    const bool alaw = audio.codec == Codec::pcma;
    const std::string pt = std::to_string(audio.payload);
    return std::string(alaw ? "rtppcmapay" : "rtppcmupay") + " pt=" + pt +
           " ! application/x-rtp,media=audio,encoding-name=" + (alaw ? "PCMA" : "PCMU") + ",payload=" + pt +
           ",clock-rate=8000 ! w. ";
}

// Passes the camera's codec on when the browser takes it, else converts: G.711 costs next to nothing.
std::string audio_branch(const StreamFormat& format, const Offer& offer) {
    if (!format.audio || (!offer.pcma && !offer.pcmu)) return {};
    const bool alaw = *format.audio == Codec::pcma;
    const std::string head = source("a", caps_text(*format.audio, format.audio_rate));
    const auto& same = alaw ? offer.pcma : offer.pcmu;
    if (same && (format.audio_rate == 0 || format.audio_rate == 8000)) return head + payloader(*same);
    const AcceptedAudio& taken = offer.pcma ? *offer.pcma : *offer.pcmu;
    return head + (alaw ? "alawdec" : "mulawdec") + " ! audioresample ! audio/x-raw,rate=8000 ! " +
           (taken.codec == Codec::pcma ? "alawenc" : "mulawenc") + " ! " + payloader(taken);
}

GPtr<GstAppSrc> find_source(GstElement* pipeline, const char* name) {
    return GPtr<GstAppSrc>(reinterpret_cast<GstAppSrc*>(gst_bin_get_by_name(GST_BIN(pipeline), name)));
}

}  // namespace

struct Peer::Ears {
    std::mutex mutex;
    std::condition_variable changed;
    bool gathered = false;
    bool attached = false;
    std::atomic<int> connection{0};
    std::atomic<SteadyTime::rep> last_heard{0};
    SteadyTime made = std::chrono::steady_clock::now();
    std::shared_ptr<Viewing> viewing;
    std::shared_ptr<AppsrcFeed> feed;

    void hear() { last_heard = std::chrono::steady_clock::now().time_since_epoch().count(); }

    // Now the burst reaches the browser and not a closed door.
    void connected() {
        hear();
        // Under the lock, so that it never comes after the peer's end. The hub knows nothing of this lock.
        const std::lock_guard lock(mutex);
        if (attached || !feed) return;
        attached = true;
        feed->start(Pacing::burst);
        viewing->hub().attach(feed);
    }
};

namespace {

template <class T> void drop(gpointer data, GClosure*) { delete static_cast<std::shared_ptr<T>*>(data); }

template <class T> void listen(gpointer object, const char* signal, GCallback callback, const std::shared_ptr<T>& ears) {
    g_signal_connect_data(object, signal, callback, new std::shared_ptr<T>(ears), drop<T>, GConnectFlags{});
}

}  // namespace

Peer::Peer(std::shared_ptr<Viewing> viewing) : viewing_(std::move(viewing)), ears_(std::make_shared<Ears>()) {}

Peer::~Peer() {
    {
        const std::lock_guard lock(ears_->mutex);
        ears_->feed.reset();
        ears_->viewing.reset();
    }
    if (feed_) viewing_->hub().detach(feed_);
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<std::unique_ptr<Peer>> Peer::make(const PeerOptions& options, std::shared_ptr<Viewing> viewing, const Offer& offer) {
    if (viewing->format().video != Codec::h264)
        return fail(Errc::unsupported, "the stream is H.265, which browsers do not take over WebRTC");
    std::unique_ptr<Peer> peer(new Peer(std::move(viewing)));
    TRY_VOID(peer->build(options, offer));
    return peer;
}

Result<void> Peer::build(const PeerOptions& options, const Offer& offer) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(("webrtcbin name=w bundle-policy=max-bundle latency=0 " + video_branch(offer.video_payload) +
                                      audio_branch(viewing_->format(), offer))
                                         .c_str(),
                                     &error));
    if (error != nullptr) return fail(Errc::refused, "WebRTC pipeline: " + take_message(error));
    g_object_ref_sink(pipeline_.get());
    webrtcbin_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "w"));
    feed_ = std::make_shared<AppsrcFeed>(find_source(pipeline_.get(), "v"), find_source(pipeline_.get(), "a"));
    ears_->viewing = viewing_;
    ears_->feed = feed_;
    configure_transceivers();
    configure_ice(options);
    watch_rtcp();
    on_connection_state();
    viewing_->on_revoked([ears = std::weak_ptr<Ears>(ears_)] {
        if (const auto alive = ears.lock()) alive->connection = static_cast<int>(Connection::closed);
    });
    if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return fail(Errc::refused, "WebRTC pipeline does not start");
    return {};
}

void Peer::configure_ice(const PeerOptions& options) {
    GObject* raw = nullptr;
    g_object_get(webrtcbin_.get(), "ice-agent", &raw, nullptr);
    const GPtr<GObject> ice(raw);
    if (!ice) return;
    g_object_set(ice.get(), "min-rtp-port", static_cast<guint>(options.port_min), "max-rtp-port",
                 static_cast<guint>(options.port_max), nullptr);
    for (const std::string& address : options.candidates) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    GObject* agent_raw = nullptr;
    g_object_get(ice.get(), "agent", &agent_raw, nullptr);
    const GPtr<GObject> agent(agent_raw);
    if (agent) g_object_set(agent.get(), "upnp", FALSE, nullptr);  // it would wait 200 ms for a router's answer
}

void Peer::configure_transceivers() {
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtcbin_.get(), "get-transceivers", &transceivers);
    if (transceivers == nullptr) return;
    for (guint i = 0; i < transceivers->len; ++i) {
        GObject* transceiver = g_array_index(transceivers, GObject*, i);
        g_object_set(transceiver, "direction", kSendOnly, nullptr);
        if (i == 0) g_object_set(transceiver, "do-nack", TRUE, nullptr);  // video; late audio is of no use
    }
    g_array_unref(transceivers);
}

void Peer::watch_rtcp() {
    const GPtr<GstElement> rtpbin(gst_bin_get_by_name(GST_BIN(webrtcbin_.get()), "rtpbin"));
    if (!rtpbin) return;
    const auto on_rtcp = +[](GObject*, GstBuffer*, gpointer data) { (*static_cast<std::shared_ptr<Ears>*>(data))->hear(); };
    // With max-bundle there is one session; it exists once the first pad was linked.
    GObject* raw = nullptr;
    g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0U, &raw);
    const GPtr<GObject> session(raw);
    if (session) listen(session.get(), "on-receiving-rtcp", G_CALLBACK(on_rtcp), ears_);
}

void Peer::on_connection_state() {
    const auto on_state = +[](GObject* webrtcbin, GParamSpec*, gpointer data) {
        const auto& ears = *static_cast<std::shared_ptr<Ears>*>(data);
        const int state = enum_property(webrtcbin, "connection-state");
        ears->connection = state;
        if (state == static_cast<int>(Connection::connected)) ears->connected();
    };
    const auto on_gathering = +[](GObject* webrtcbin, GParamSpec*, gpointer data) {
        const auto& ears = *static_cast<std::shared_ptr<Ears>*>(data);
        if (enum_property(webrtcbin, "ice-gathering-state") != static_cast<int>(IceGathering::complete)) return;
        const std::lock_guard lock(ears->mutex);
        ears->gathered = true;
        ears->changed.notify_all();
    };
    listen(webrtcbin_.get(), "notify::connection-state", G_CALLBACK(on_state), ears_);
    listen(webrtcbin_.get(), "notify::ice-gathering-state", G_CALLBACK(on_gathering), ears_);
}

Result<void> Peer::wait_gathered() {
    std::unique_lock lock(ears_->mutex);
    if (!ears_->changed.wait_for(lock, kStepLimit, [this] { return ears_->gathered; }))
        return fail(Errc::timeout, "answer: no network candidates found");
    return {};
}

Result<std::string> Peer::answer(const Offer& offer) {
    TRY_VOID(set_remote_offer(webrtcbin_.get(), offer.sdp, kStepLimit));
    TRY_VOID(answer_locally(webrtcbin_.get(), kStepLimit));
    TRY_VOID(wait_gathered());
    return local_sdp(webrtcbin_.get());
}

bool Peer::is_gone(SteadyTime now) const {
    const auto state = static_cast<Connection>(ears_->connection.load());
    if (state == Connection::failed || state == Connection::closed) return true;
    const auto heard = ears_->last_heard.load();
    if (heard == 0) return now - ears_->made > kConnectLimit;
    return now - SteadyTime(SteadyTime::duration(heard)) > kSilenceLimit;
}

}  // namespace tplink::media::webrtc
