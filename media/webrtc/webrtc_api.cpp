#include "media/webrtc/webrtc_api.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace tplink::media::webrtc {
namespace {

enum : int { kTypeOffer = 1 };  // GstWebRTCSDPType

// Layout of GstWebRTCSessionDescription.
struct SessionDescription {
    int type;
    GstSDPMessage* sdp;
};

GType description_type() { return g_type_from_name("GstWebRTCSessionDescription"); }

struct DescriptionFree {
    void operator()(SessionDescription* description) const { g_boxed_free(description_type(), description); }
};
using DescriptionPtr = std::unique_ptr<SessionDescription, DescriptionFree>;

// A promise that can be waited for with a deadline; the state outlives a waiter that gave up.
struct Pending {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
};

void on_done(GstPromise*, gpointer data) {
    auto& pending = **static_cast<std::shared_ptr<Pending>*>(data);
    const std::lock_guard lock(pending.mutex);
    pending.done = true;
    pending.changed.notify_all();
}

void forget(gpointer data) { delete static_cast<std::shared_ptr<Pending>*>(data); }

Result<void> check_reply(GstPromise* promise, const char* what) {
    const GstStructure* reply = gst_promise_get_reply(promise);
    if (reply == nullptr || gst_structure_has_field(reply, "error") == FALSE) return {};
    GError* error = nullptr;
    gst_structure_get(reply, "error", G_TYPE_ERROR, &error, nullptr);
    return fail(Errc::malformed, std::string(what) + ": " + take_message(error));
}

// `call` hands the promise to webrtcbin; `take` reads the reply.
template <class Call, class Take>
Result<void> await(const char* what, std::chrono::milliseconds limit, Call call, Take take) {
    const auto pending = std::make_shared<Pending>();
    const MiniPtr<GstPromise> promise(
        gst_promise_new_with_change_func(on_done, new std::shared_ptr<Pending>(pending), forget));
    call(promise.get());
    std::unique_lock lock(pending->mutex);
    if (!pending->changed.wait_for(lock, limit, [&] { return pending->done; }))
        return fail(Errc::timeout, std::string(what) + ": no result from webrtcbin");
    if (gst_promise_wait(promise.get()) != GST_PROMISE_RESULT_REPLIED)
        return fail(Errc::cancelled, std::string(what) + ": interrupted");
    TRY_VOID(check_reply(promise.get(), what));
    take(gst_promise_get_reply(promise.get()));
    return {};
}

constexpr auto kNothing = [](const GstStructure*) {};

}  // namespace

Result<void> set_remote_offer(GstElement* webrtcbin, const std::string& sdp, std::chrono::milliseconds limit) {
    SessionDescription offer{kTypeOffer, nullptr};
    if (gst_sdp_message_new_from_text(sdp.c_str(), &offer.sdp) != GST_SDP_OK)
        return fail(Errc::malformed, "the offer is not an SDP");
    auto result = await("offer", limit,
                        [&](GstPromise* p) { g_signal_emit_by_name(webrtcbin, "set-remote-description", &offer, p); }, kNothing);
    gst_sdp_message_free(offer.sdp);
    return result;
}

Result<void> answer_locally(GstElement* webrtcbin, std::chrono::milliseconds limit) {
    DescriptionPtr answer;
    TRY_VOID(await("answer", limit,
                   [&](GstPromise* p) { g_signal_emit_by_name(webrtcbin, "create-answer", nullptr, p); },
                   [&](const GstStructure* reply) {
                       SessionDescription* made = nullptr;
                       if (reply != nullptr) gst_structure_get(reply, "answer", description_type(), &made, nullptr);
                       answer.reset(made);
                   }));
    if (!answer) return fail(Errc::malformed, "answer: webrtcbin made none");
    return await("answer", limit,
                 [&](GstPromise* p) { g_signal_emit_by_name(webrtcbin, "set-local-description", answer.get(), p); }, kNothing);
}

Result<std::string> local_sdp(GstElement* webrtcbin) {
    SessionDescription* raw = nullptr;
    g_object_get(webrtcbin, "local-description", &raw, nullptr);
    const DescriptionPtr local(raw);
    if (!local || local->sdp == nullptr) return fail(Errc::malformed, "answer: webrtcbin has no local description");
    return take_text(gst_sdp_message_as_text(local->sdp));
}

int enum_property(gpointer object, const char* name) {
    gint value = 0;
    g_object_get(object, name, &value, nullptr);
    return value;
}

}  // namespace tplink::media::webrtc
