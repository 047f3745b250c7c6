#include "media/webrtc/peer.hpp"

#include <arpa/inet.h>
#include <gst/app/gstappsink.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
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
constexpr std::chrono::seconds kTalkPause{5};  // after the camera refused to listen

std::string source(const char* name, const std::string& caps) {
    return std::string("appsrc name=") + name +
           " is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" + caps + "\" ! ";
}

// Retransmission needs an SSRC that is known before the first packet: without it the answer names a group with SSRC 0
// and Chromium shows nothing.
std::string video_branch(Codec codec, const Offer& offer) {
    const bool h265 = codec == Codec::h265;
    const Buffer random = system_random().bytes(4);
    const std::string ssrc = std::to_string(load_be32(std::span<const std::byte, 4>(random.data(), 4)) | 1U);
    const std::string pt = std::to_string(h265 ? offer.h265.value_or(0) : offer.video_payload);
    return source("v", caps_text(codec, 0)) + (h265 ? "rtph265pay" : "rtph264pay") + " pt=" + pt + " ssrc=" + ssrc +
           " config-interval=-1 aggregate-mode=zero-latency mtu=1200 ! application/x-rtp,media=video,encoding-name=" + (h265 ? "H265" : "H264") +
           ",payload=" + pt + ",clock-rate=90000,ssrc=(uint)" + ssrc + " ! w. ";
}

std::string payloader(const AcceptedAudio& audio) {
    const bool alaw = audio.codec == Codec::pcma;
    const std::string pt = std::to_string(audio.payload);
    return std::string(alaw ? "rtppcmapay" : "rtppcmupay") + " pt=" + pt +
           " ! application/x-rtp,media=audio,encoding-name=" + (alaw ? "PCMA" : "PCMU") + ",payload=" + pt +
           ",clock-rate=8000 ! w. ";
}

// The hub has A-law at 8 kHz. As it is when the browser takes it, else converted: G.711 costs next to nothing, Opus little.
std::string audio_branch(const StreamFormat& format, const Offer& offer) {
    if (!format.audio || (!offer.pcma && !offer.pcmu && !offer.opus)) return {};
    const std::string head = source("a", caps_text(Codec::pcma, 8000));
    if (offer.pcma) return head + payloader(*offer.pcma);
    if (offer.pcmu) return head + "alawdec ! mulawenc ! " + payloader(*offer.pcmu);
    const std::string pt = std::to_string(*offer.opus);
    return head + "alawdec ! audioconvert ! audioresample ! audio/x-raw,rate=48000 ! opusenc bitrate=24000 frame-size=20 ! rtpopuspay pt=" + pt +
           " ! application/x-rtp,media=audio,encoding-name=OPUS,payload=" + pt + ",clock-rate=48000 ! w. ";
}

// What the browser says into its microphone, as the camera's speaker takes it.
std::string microphone_chain(const std::string& encoding) {
    if (encoding == "PCMA") return "rtppcmadepay ! appsink name=out sync=false";
    if (encoding == "PCMU") return "rtppcmudepay ! mulawdec ! alawenc ! appsink name=out sync=false";
    if (encoding == "OPUS")
        return "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 ! alawenc ! appsink name=out sync=false";
    return "fakesink";
}

std::vector<std::string> local_addresses() {
    std::vector<std::string> found;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) return found;
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || (one->ifa_addr->sa_family != AF_INET && one->ifa_addr->sa_family != AF_INET6)) continue;
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* address = one->ifa_addr->sa_family == AF_INET ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr)
                                                                  : &reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
        if (::inet_ntop(one->ifa_addr->sa_family, address, text.data(), text.size()) != nullptr) found.emplace_back(text.data());
    }
    ::freeifaddrs(all);
    return found;
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
    std::atomic<bool> listening{false};
    SteadyTime made = std::chrono::steady_clock::now();
    std::shared_ptr<Viewing> viewing;
    std::shared_ptr<AppsrcFeed> feed;
    OpenTalk talk;
    std::shared_ptr<TalkLine> line;
    SteadyTime no_talk_before{};

    // The line is opened by the first word and freed by silence.
    void take_speech(Bytes alaw) {
        const std::lock_guard lock(mutex);
        const auto now = std::chrono::steady_clock::now();
        if (line && line->is_over()) {
            if (line->error()) no_talk_before = now + kTalkPause;
            line.reset();
        }
        if (!line && talk && now >= no_talk_before) {
            if (auto opened = talk()) line = std::move(*opened);
            else no_talk_before = now + kTalkPause;
        }
        if (line) line->push(alaw);
    }

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

void Peer::watch_rtcp(GObject* webrtcbin, const std::shared_ptr<Ears>& ears) {
    const GPtr<GstElement> rtpbin(gst_bin_get_by_name(GST_BIN(webrtcbin), "rtpbin"));
    if (!rtpbin || ears->listening.exchange(true)) return;
    const auto on_rtcp = +[](GObject*, GstBuffer*, gpointer data) { (*static_cast<std::shared_ptr<Ears>*>(data))->hear(); };
    // With max-bundle there is one session; before the connection stands there is none.
    GObject* raw = nullptr;
    g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0U, &raw);
    const GPtr<GObject> session(raw);
    if (session) listen(session.get(), "on-receiving-rtcp", G_CALLBACK(on_rtcp), ears);
}

Peer::Peer(std::shared_ptr<Viewing> viewing) : viewing_(std::move(viewing)), ears_(std::make_shared<Ears>()) {}

Peer::~Peer() {
    std::shared_ptr<TalkLine> line;
    {
        const std::lock_guard lock(ears_->mutex);
        ears_->feed.reset();
        ears_->viewing.reset();
        ears_->talk = {};
        line.swap(ears_->line);
    }
    line.reset();
    if (feed_) viewing_->hub().detach(feed_);
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<std::unique_ptr<Peer>> Peer::make(const PeerOptions& options, std::shared_ptr<Viewing> viewing, const Offer& offer, OpenTalk talk) {
    const auto video = viewing->format().video;
    if (video == Codec::h265 ? !offer.h265 : offer.video_payload < 0)
        return fail(Errc::unsupported, video == Codec::h265 ? "the stream is H.265, which this browser does not take over WebRTC"
                                                            : "the stream is H.264, which this browser does not take over WebRTC");
    std::unique_ptr<Peer> peer(new Peer(std::move(viewing)));
    peer->ears_->talk = std::move(talk);
    TRY_VOID(peer->build(options, offer));
    return peer;
}

Result<void> Peer::build(const PeerOptions& options, const Offer& offer) {
    GError* error = nullptr;
    const std::string audio = audio_branch(viewing_->format(), offer);
    pipeline_.reset(gst_parse_launch(("webrtcbin name=w bundle-policy=max-bundle latency=0 " +
                                      video_branch(viewing_->format().video.value_or(Codec::h264), offer) + audio)
                                         .c_str(),
                                     &error));
    if (error != nullptr) return fail(Errc::refused, "WebRTC pipeline: " + take_message(error));
    g_object_ref_sink(pipeline_.get());
    webrtcbin_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "w"));
    feed_ = std::make_shared<AppsrcFeed>(find_source(pipeline_.get(), "v"), find_source(pipeline_.get(), "a"));
    ears_->viewing = viewing_;
    ears_->feed = feed_;
    configure_transceivers(ears_->talk && offer.speaks && !audio.empty());
    listen_to_microphone();
    configure_ice(options);
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
    const auto local = options.candidates.empty() ? std::vector<std::string>{} : local_addresses();
    for (const std::string& address : options.candidates) {
        if (std::find(local.begin(), local.end(), address) == local.end() && !address.starts_with("127.")) {
            foreign_addresses_.push_back(address);
            continue;
        }
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    GObject* agent_raw = nullptr;
    g_object_get(ice.get(), "agent", &agent_raw, nullptr);
    const GPtr<GObject> agent(agent_raw);
    if (agent) g_object_set(agent.get(), "upnp", FALSE, nullptr);  // it would wait 200 ms for a router's answer
}

void Peer::listen_to_microphone() {
    const auto on_sample = +[](GstElement* sink, gpointer data) -> GstFlowReturn {
        const MiniPtr<GstSample> sample(gst_app_sink_pull_sample(GST_APP_SINK(sink)));
        GstBuffer* buffer = sample ? gst_sample_get_buffer(sample.get()) : nullptr;
        GstMapInfo map;
        if (buffer == nullptr || gst_buffer_map(buffer, &map, GST_MAP_READ) == FALSE) return GST_FLOW_OK;
        try {
            (*static_cast<std::shared_ptr<Ears>*>(data))->take_speech(std::as_bytes(std::span(map.data, map.size)));
        } catch (const std::exception&) {  // out of memory: this word is lost
        }
        gst_buffer_unmap(buffer, &map);
        return GST_FLOW_OK;
    };
    static const auto sample_callback = on_sample;
    const auto on_pad = +[](GstElement* webrtcbin, GstPad* pad, gpointer data) {
        if (GST_PAD_DIRECTION(pad) != GST_PAD_SRC) return;
        const MiniPtr<GstCaps> caps(gst_pad_get_current_caps(pad));
        const char* encoding = caps ? gst_structure_get_string(gst_caps_get_structure(caps.get(), 0), "encoding-name") : nullptr;
        GstElement* bin = gst_parse_bin_from_description(microphone_chain(encoding == nullptr ? "" : encoding).c_str(), TRUE, nullptr);
        if (bin == nullptr) return;
        if (const GPtr<GstElement> out(gst_bin_get_by_name(GST_BIN(bin), "out")); out) {
            g_object_set(out.get(), "emit-signals", TRUE, nullptr);
            listen(out.get(), "new-sample", G_CALLBACK(sample_callback), *static_cast<std::shared_ptr<Ears>*>(data));
        }
        const GPtr<GstObject> parent(gst_object_get_parent(GST_OBJECT(webrtcbin)));
        if (!parent) {
            gst_object_unref(g_object_ref_sink(bin));
            return;
        }
        gst_bin_add(GST_BIN(parent.get()), bin);
        gst_element_sync_state_with_parent(bin);
        const GPtr<GstPad> sink(gst_element_get_static_pad(bin, "sink"));
        gst_pad_link(pad, sink.get());
    };
    listen(webrtcbin_.get(), "pad-added", G_CALLBACK(on_pad), ears_);
}

void Peer::add_candidate(const RemoteCandidate& candidate) {
    // With max-bundle there is one transport, that of the first line.
    g_signal_emit_by_name(webrtcbin_.get(), "add-ice-candidate", 0U, candidate.text.c_str());
}

void Peer::configure_transceivers(bool listens) {
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtcbin_.get(), "get-transceivers", &transceivers);
    if (transceivers == nullptr) return;
    for (guint i = 0; i < transceivers->len; ++i) {
        GObject* transceiver = g_array_index(transceivers, GObject*, i);
        g_object_set(transceiver, "direction", i > 0 && listens ? kSendReceive : kSendOnly, nullptr);
        if (i == 0) g_object_set(transceiver, "do-nack", TRUE, nullptr);  // video; late audio is of no use
    }
    g_array_unref(transceivers);
}

void Peer::on_connection_state() {
    const auto on_state = +[](GObject* webrtcbin, GParamSpec*, gpointer data) {
        const auto& ears = *static_cast<std::shared_ptr<Ears>*>(data);
        const int state = enum_property(webrtcbin, "connection-state");
        ears->connection = state;
        if (state != static_cast<int>(Connection::connected)) return;
        watch_rtcp(webrtcbin, ears);
        ears->connected();
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
    return add_candidates(TRY(local_sdp(webrtcbin_.get())), foreign_addresses_);
}

bool Peer::is_gone(SteadyTime now) const {
    const auto state = static_cast<Connection>(ears_->connection.load());
    if (state == Connection::failed || state == Connection::closed) return true;
    const auto heard = ears_->last_heard.load();
    if (heard == 0) return now - ears_->made > kConnectLimit;
    return now - SteadyTime(SteadyTime::duration(heard)) > kSilenceLimit;
}

}  // namespace tplink::media::webrtc
