#include "media/rtsp/server.hpp"

#include <gst/rtsp-server/rtsp-server.h>

#include <atomic>
#include <thread>

#include "media/gst_ptr.hpp"
#include "media/rtsp/client_hooks.hpp"
#include "media/rtsp/stream_factory.hpp"

namespace tplink::media::rtsp {
namespace {

constexpr const char* kRole = "viewer";
// A viewer that waits for a sleeping camera holds one of these; the others must not notice.
constexpr int kWorkerThreads = 8;
// The largest thing a viewer has to send is a SETUP request.
constexpr guint kMaxBody = 64U << 10;

GPtr<GstRTSPAuth> make_auth(const Credentials& user) {
    GPtr<GstRTSPAuth> auth(gst_rtsp_auth_new());
    gst_rtsp_auth_set_supported_methods(auth.get(), static_cast<GstRTSPAuthMethod>(GST_RTSP_AUTH_BASIC | GST_RTSP_AUTH_DIGEST));
    gst_rtsp_auth_set_realm(auth.get(), "tplink2mqtt");
    GstRTSPToken* token = gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, kRole, nullptr);
    const GText basic(gst_rtsp_auth_make_basic(user.username.c_str(), user.password.reveal().c_str()));
    gst_rtsp_auth_add_basic(auth.get(), basic.get(), token);
    gst_rtsp_auth_add_digest(auth.get(), user.username.c_str(), user.password.reveal().c_str(), token);
    gst_rtsp_token_unref(token);
    return auth;
}

void on_client(GstRTSPServer*, GstRTSPClient* client, gpointer) { hook_client(client); }

// Sessions whose viewer vanished without a word end only when somebody looks.
gboolean clean_sessions(gpointer pool) {
    gst_rtsp_session_pool_cleanup(static_cast<GstRTSPSessionPool*>(pool));
    return G_SOURCE_CONTINUE;
}

GstRTSPFilterResult remove_client(GstRTSPServer*, GstRTSPClient*, gpointer) { return GST_RTSP_FILTER_REMOVE; }
GstRTSPFilterResult remove_session(GstRTSPSessionPool*, GstRTSPSession*, gpointer) { return GST_RTSP_FILTER_REMOVE; }

struct ContextUnref {
    void operator()(GMainContext* context) const { g_main_context_unref(context); }
};

}  // namespace

class Server::Impl {
public:
    explicit Impl(const ServerOptions& options)
        : with_auth_(!options.user.username.empty()), context_(g_main_context_new()),
          server_(gst_rtsp_server_new()),
          mounts_(gst_rtsp_server_get_mount_points(server_.get())),
          sessions_(gst_rtsp_server_get_session_pool(server_.get())) {
        gst_rtsp_server_set_address(server_.get(), options.address.c_str());
        gst_rtsp_server_set_service(server_.get(), std::to_string(options.port).c_str());
        gst_rtsp_server_set_content_length_limit(server_.get(), kMaxBody);
        const GPtr<GstRTSPThreadPool> threads(gst_rtsp_server_get_thread_pool(server_.get()));
        gst_rtsp_thread_pool_set_max_threads(threads.get(), kWorkerThreads);
        if (with_auth_) gst_rtsp_server_set_auth(server_.get(), make_auth(options.user).get());
        g_signal_connect(server_.get(), "client-connected", G_CALLBACK(on_client), nullptr);
    }

    ~Impl() {
        if (!thread_.joinable()) return;
        g_source_destroy(listener_);
        g_source_unref(listener_);
        g_source_destroy(cleaner_);
        g_source_unref(cleaner_);
        gst_rtsp_server_client_filter(server_.get(), remove_client, nullptr);
        gst_rtsp_session_pool_filter(sessions_.get(), remove_session, nullptr);
        stop_ = true;
        g_main_context_wakeup(context_.get());
        thread_.join();
    }

    Result<void> listen(const ServerOptions& options) {
        GError* error = nullptr;
        listener_ = gst_rtsp_server_create_source(server_.get(), nullptr, &error);
        if (listener_ == nullptr)
            return fail(Errc::refused, "RTSP cannot listen on " + options.address + ":" + std::to_string(options.port) +
                                           ": " + take_message(error));
        g_source_attach(listener_, context_.get());
        cleaner_ = g_timeout_source_new_seconds(1);
        g_source_set_callback(cleaner_, clean_sessions, sessions_.get(), nullptr);
        g_source_attach(cleaner_, context_.get());
        thread_ = std::thread([this] { run(); });
        return {};
    }

    void mount(const std::string& path, OpenViewing open) {
        GstRTSPMediaFactory* factory = make_stream_factory(std::move(open));
        if (with_auth_)
            gst_rtsp_media_factory_add_role(factory, kRole, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
                                            GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, nullptr);
        gst_rtsp_mount_points_add_factory(mounts_.get(), path.c_str(), factory);
    }

    void unmount(const std::string& path) { gst_rtsp_mount_points_remove_factory(mounts_.get(), path.c_str()); }

    std::uint16_t port() const { return static_cast<std::uint16_t>(gst_rtsp_server_get_bound_port(server_.get())); }

private:
    void run() {
        g_main_context_push_thread_default(context_.get());
        while (!stop_) g_main_context_iteration(context_.get(), TRUE);  // a main loop would miss a quit before its run
        g_main_context_pop_thread_default(context_.get());
    }

    bool with_auth_;
    std::unique_ptr<GMainContext, ContextUnref> context_;
    GPtr<GstRTSPServer> server_;
    GPtr<GstRTSPMountPoints> mounts_;
    GPtr<GstRTSPSessionPool> sessions_;
    GSource* listener_ = nullptr;
    GSource* cleaner_ = nullptr;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options) {
    auto impl = std::make_unique<Impl>(options);
    TRY_VOID(impl->listen(options));
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::mount(const std::string& path, OpenViewing open) { impl_->mount(path, std::move(open)); }
void Server::unmount(const std::string& path) { impl_->unmount(path); }
std::uint16_t Server::port() const { return impl_->port(); }

}  // namespace tplink::media::rtsp
