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
#include "media/webrtc/answer.hpp"
#include "media/webrtc/nice_route.hpp"
#include "media/webrtc/webrtc_api.hpp"
#include "protocols/base/random.hpp"

namespace tplink::media::webrtc {
namespace {

constexpr std::chrono::seconds kStepLimit{5};  // one step of the negotiation; warm it takes milliseconds
constexpr std::chrono::seconds kConnectLimit{30};
// Browsers report about each second. A killed browser is never reported by ICE: only its silence tells.
constexpr std::chrono::seconds kSilenceLimit{12};
constexpr std::chrono::seconds kTalkPause{5};  // after the camera refused to listen

std::uint32_t random_ssrc() {
    const Buffer random = system_random().bytes(4);
    return load_be32(std::span<const std::byte, 4>(random.data(), 4)) | 1U;
}

std::string video_caps(Codec codec, const Offer& offer) {
    const bool h265 = codec == Codec::h265;
    return std::string("application/x-rtp,media=video,clock-rate=90000,encoding-name=") + (h265 ? "H265" : "H264") +
           ",payload=" + std::to_string(h265 ? offer.h265.value_or(0) : offer.video_payload);
}

const std::optional<AcceptedAudio>& g711_of(const Offer& offer) { return offer.pcma ? offer.pcma : offer.pcmu; }

std::string sound_caps(const AcceptedAudio& sound) {
    return std::string("application/x-rtp,media=audio,clock-rate=8000,encoding-name=") + (sound.codec == Codec::pcma ? "PCMA" : "PCMU") +
           ",payload=" + std::to_string(sound.payload);
}

// The hub has A-law at 8 kHz, which nearly every browser takes as it is. For those that do not, webrtcbin sends Opus.
std::string opus_branch(const StreamFormat& format, const Offer& offer) {
    if (!format.audio || g711_of(offer) || !offer.opus) return {};
    const std::string pt = std::to_string(*offer.opus);
    return "appsrc name=a is-live=true format=time block=false max-bytes=0 max-buffers=0 max-time=0 caps=\"" + caps_text(Codec::pcma, 8000) +
           "\" ! alawdec ! audioconvert ! audioresample ! audio/x-raw,rate=48000 ! opusenc bitrate=24000 frame-size=20 ! rtpopuspay pt=" + pt +
           " ! capsfilter caps=\"application/x-rtp,media=audio,encoding-name=OPUS,payload=" + pt + ",clock-rate=48000\"";
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

}  // namespace

struct Peer::Ears {
    std::mutex mutex;
    std::condition_variable changed;
    bool gathered = false;
    std::atomic<int> connection{0};
    std::atomic<bool> revoked{false};
    std::atomic<SteadyTime::rep> last_heard{0};
    std::atomic<bool> listening{false};
    SteadyTime made = std::chrono::steady_clock::now();
    std::shared_ptr<Viewing> viewing;
    SenderOptions sending;
    std::shared_ptr<AppsrcFeed> opus;
    std::shared_ptr<Sender> sender;
    Pacer* pacer = nullptr;
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

    void hear(GstBuffer* rtcp) {
        hear();
        std::shared_ptr<Sender> told;
        {
            const std::lock_guard lock(mutex);
            told = sender;
        }
        GstMapInfo map;
        if (!told || gst_buffer_map(rtcp, &map, GST_MAP_READ) == FALSE) return;
        try {
            told->hear(std::as_bytes(std::span(map.data, map.size)));
        } catch (const std::exception&) {  // out of memory: the browser asks again
        }
        gst_buffer_unmap(rtcp, &map);
    }

    // Now the burst reaches the browser and not a closed door.
    void connected(GstElement* webrtcbin) {
        hear();
        // Under the lock, so that it never comes after the peer's end. The hub knows nothing of this lock.
        const std::lock_guard lock(mutex);
        if (sender || !viewing) return;
        const auto keys = sending_keys(webrtcbin);
        auto route = NiceRoute::find(webrtcbin);
        if (!keys || !route) {  // nothing can be sent: the viewer may try again
            connection = static_cast<int>(Connection::failed);
            return;
        }
        sender = std::make_shared<Sender>(sending, *keys, std::move(*route));
        if (opus) opus->start(Pacing::burst);
        viewing->hub().attach(sender);
        pacer->add(sender);
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
    const auto on_rtcp = +[](GObject*, GstBuffer* rtcp, gpointer data) { (*static_cast<std::shared_ptr<Ears>*>(data))->hear(rtcp); };
    // With max-bundle there is one session; before the connection stands there is none.
    GObject* raw = nullptr;
    g_signal_emit_by_name(rtpbin.get(), "get-internal-session", 0U, &raw);
    const GPtr<GObject> session(raw);
    if (session) listen(session.get(), "on-receiving-rtcp", G_CALLBACK(on_rtcp), ears);
}

Peer::Peer(std::shared_ptr<Viewing> viewing, Pacer& pacer) : viewing_(std::move(viewing)), ears_(std::make_shared<Ears>()) { ears_->pacer = &pacer; }

Peer::~Peer() {
    std::shared_ptr<TalkLine> line;
    std::shared_ptr<Sender> sender;
    {
        const std::lock_guard lock(ears_->mutex);
        sender.swap(ears_->sender);
        ears_->viewing.reset();
        ears_->talk = {};
        line.swap(ears_->line);
    }
    line.reset();
    if (sender) {
        viewing_->hub().detach(sender);
        sender->end();
    }
    if (pipeline_) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

Result<std::unique_ptr<Peer>> Peer::make(const PeerOptions& options, std::shared_ptr<Viewing> viewing, const Offer& offer, OpenTalk talk,
                                         Pacer& pacer) {
    const auto video = viewing->format().video;
    if (video == Codec::h265 ? !offer.h265 : offer.video_payload < 0)
        return fail(Errc::unsupported, video == Codec::h265 ? "the stream is H.265, which this browser does not take over WebRTC"
                                                            : "the stream is H.264, which this browser does not take over WebRTC");
    std::unique_ptr<Peer> peer(new Peer(std::move(viewing), pacer));
    peer->ears_->talk = std::move(talk);
    TRY_VOID(peer->build(options, offer));
    return peer;
}

Result<void> Peer::build(const PeerOptions& options, const Offer& offer) {
    pipeline_.reset(GST_ELEMENT(g_object_ref_sink(gst_pipeline_new(nullptr))));
    webrtcbin_.reset(gst_element_factory_make("webrtcbin", nullptr));
    if (!webrtcbin_) return fail(Errc::refused, "WebRTC: GStreamer has no webrtcbin");
    g_object_ref_sink(webrtcbin_.get());
    gst_util_set_object_arg(G_OBJECT(webrtcbin_.get()), "bundle-policy", "max-bundle");
    g_object_set(webrtcbin_.get(), "latency", 0U, nullptr);
    gst_bin_add(GST_BIN(pipeline_.get()), webrtcbin_.get());
    ears_->viewing = viewing_;
    TRY_VOID(add_tracks(offer));
    listen_to_microphone();
    configure_ice(options);
    on_connection_state();
    viewing_->on_revoked([ears = std::weak_ptr<Ears>(ears_)] {
        if (const auto alive = ears.lock()) alive->revoked = true;
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

// Negotiation, ICE, DTLS and what the browser says are webrtcbin's; pictures and G.711 are sent beside it: its chain of
// elements costs some 30 us a packet.
Result<void> Peer::add_tracks(const Offer& offer) {
    const auto add = [this](int direction, const std::string& text) {
        const MiniPtr<GstCaps> caps(gst_caps_from_string(text.c_str()));
        GObject* transceiver = nullptr;
        g_signal_emit_by_name(webrtcbin_.get(), "add-transceiver", direction, caps.get(), &transceiver);
        return GPtr<GObject>(transceiver);
    };
    const Codec codec = viewing_->format().video.value_or(Codec::h264);
    const auto video = add(kSendOnly, video_caps(codec, offer));
    if (!video) return fail(Errc::refused, "WebRTC: webrtcbin takes no pictures");
    g_object_set(video.get(), "do-nack", TRUE, nullptr);  // late sound is of no use
    ears_->sending.video = {static_cast<std::uint8_t>(codec == Codec::h265 ? offer.h265.value_or(0) : offer.video_payload), random_ssrc(), {}, random_ssrc()};
    ears_->sending.wake = [pacer = ears_->pacer] { pacer->wake(); };
    const int direction = ears_->talk && offer.speaks ? kSendReceive : kSendOnly;
    if (const auto& sound = g711_of(offer); sound && viewing_->format().audio) {
        add(direction, sound_caps(*sound));
        ears_->sending.sound = SentSound{static_cast<std::uint8_t>(sound->payload), random_ssrc(), sound->codec == Codec::pcmu};
        return {};
    }
    return add_opus(opus_branch(viewing_->format(), offer), direction);
}

Result<void> Peer::add_opus(const std::string& branch, int direction) {
    if (branch.empty()) return {};
    GError* error = nullptr;
    GstElement* bin = gst_parse_bin_from_description(branch.c_str(), TRUE, &error);
    if (error != nullptr) return fail(Errc::refused, "WebRTC sound: " + take_message(error));
    gst_bin_add(GST_BIN(pipeline_.get()), bin);
    if (gst_element_link(bin, webrtcbin_.get()) == FALSE) return fail(Errc::refused, "WebRTC: webrtcbin takes no sound");
    ears_->opus = std::make_shared<AppsrcFeed>(nullptr, GPtr<GstAppSrc>(reinterpret_cast<GstAppSrc*>(gst_bin_get_by_name(GST_BIN(bin), "a"))));
    ears_->sending.other_sound = ears_->opus;
    GArray* transceivers = nullptr;
    g_signal_emit_by_name(webrtcbin_.get(), "get-transceivers", &transceivers);
    if (transceivers == nullptr) return {};
    if (transceivers->len > 1) g_object_set(g_array_index(transceivers, GObject*, 1), "direction", direction, nullptr);
    g_array_unref(transceivers);
    return {};
}

void Peer::on_connection_state() {
    const auto on_state = +[](GObject* webrtcbin, GParamSpec*, gpointer data) {
        const auto& ears = *static_cast<std::shared_ptr<Ears>*>(data);
        const int state = enum_property(webrtcbin, "connection-state");
        ears->connection = state;
        if (state != static_cast<int>(Connection::connected)) return;
        watch_rtcp(webrtcbin, ears);
        ears->connected(GST_ELEMENT(webrtcbin));
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
    const std::string answer = TRY(local_sdp(webrtcbin_.get()));
    const std::lock_guard lock(ears_->mutex);
    SenderOptions& sending = ears_->sending;
    sending.name = sender_name(answer);
    sending.video.again_payload_type = repeat_payload(answer, sending.video.payload_type);
    const Sources sources{sending.video.ssrc, sending.video.again_payload_type ? std::optional(sending.video.again_ssrc) : std::nullopt,
                          sending.sound ? std::optional(sending.sound->ssrc) : std::nullopt};
    return add_candidates(name_sources(answer, sources, sending.name), foreign_addresses_);
}

bool Peer::is_gone(SteadyTime now) const {
    if (ears_->revoked) return true;
    const auto state = static_cast<Connection>(ears_->connection.load());
    if (state == Connection::failed || state == Connection::closed) return true;
    const auto heard = ears_->last_heard.load();
    if (heard == 0) return now - ears_->made > kConnectLimit;
    return now - SteadyTime(SteadyTime::duration(heard)) > kSilenceLimit;
}

}  // namespace tplink::media::webrtc
