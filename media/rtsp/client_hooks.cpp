#include "media/rtsp/client_hooks.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <string>

#include "media/gst_ptr.hpp"
#include "media/rtsp/stream_factory.hpp"

namespace tplink::media::rtsp {
namespace {

// Nobody may wake a camera who has not said who he is. The server itself asks for credentials only after this signal.
bool is_authorized(GstRTSPContext* context) {
    if (context->auth == nullptr || context->token != nullptr) return true;
    GST_RTSP_AUTH_GET_CLASS(context->auth)->authenticate(context->auth, context);
    return context->token != nullptr;
}

// Waits here for the camera, where no lock of the server is held: several viewers may wait side by side.
GstRTSPStatusCode before_describe(GstRTSPClient* client, GstRTSPContext* context, gpointer) {
    take_denial(client);
    if (context->uri == nullptr || !is_authorized(context)) return GST_RTSP_STS_OK;  // the server answers 400, 401
    const GPtr<GstRTSPMountPoints> mounts(gst_rtsp_client_get_mount_points(client));
    const GText path(gst_rtsp_mount_points_make_path(mounts.get(), context->uri));
    if (!path) return GST_RTSP_STS_OK;
    const GPtr<GstRTSPMediaFactory> factory(gst_rtsp_mount_points_match(mounts.get(), path.get(), nullptr));
    if (!factory) return GST_RTSP_STS_OK;  // the server answers 404
    return admit(client, opener_of(factory.get())) ? GST_RTSP_STS_OK : GST_RTSP_STS_SERVICE_UNAVAILABLE;
}

// One line of visible ASCII: the reason comes from elsewhere and must not end the status line.
std::string reason_phrase(const std::string& text) {
    constexpr std::size_t kMaxLength = 160;
    std::string phrase = text.substr(0, kMaxLength);
    std::replace_if(phrase.begin(), phrase.end(), [](char c) { return c < ' ' || c > '~'; }, ' ');
    return phrase;
}

void before_response(GstRTSPClient* client, GstRTSPContext*, GstRTSPMessage* message, gpointer) {
    if (message == nullptr || gst_rtsp_message_get_type(message) != GST_RTSP_MESSAGE_RESPONSE) return;
    auto& response = message->type_data.response;
    if (response.code < GST_RTSP_STS_BAD_REQUEST || response.code == GST_RTSP_STS_UNAUTHORIZED) return;
    const auto denial = take_denial(client);
    if (!denial) return;
    response.code = denial->viewer_limit ? GST_RTSP_STS_NOT_ENOUGH_BANDWIDTH : GST_RTSP_STS_SERVICE_UNAVAILABLE;
    g_free(response.reason);
    response.reason = g_strdup(reason_phrase(denial->error.what).c_str());
}

// Without it the last piece of each picture waits for the receiver's delayed acknowledgement: 40 ms.
void send_at_once(GstRTSPClient* client) {
    GstRTSPConnection* connection = gst_rtsp_client_get_connection(client);
    GSocket* socket = connection == nullptr ? nullptr : gst_rtsp_connection_get_write_socket(connection);
    if (socket != nullptr) g_socket_set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, nullptr);
}

void after_play(GstRTSPClient*, GstRTSPContext* context, gpointer) { start_playing(context); }

}  // namespace

void hook_client(GstRTSPClient* client) {
    send_at_once(client);
    g_signal_connect(client, "pre-describe-request", G_CALLBACK(before_describe), nullptr);
    g_signal_connect(client, "send-message", G_CALLBACK(before_response), nullptr);
    g_signal_connect(client, "play-request", G_CALLBACK(after_play), nullptr);
}

}  // namespace tplink::media::rtsp
