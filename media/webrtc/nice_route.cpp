#include "media/webrtc/nice_route.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tplink::media::webrtc {
namespace {

// Most the kernel cuts of one write, and the most bytes of it. source: udp(7), UDP_SEGMENT
constexpr std::size_t kMostSegments = 64, kMostWrite = 60'000;

struct Candidate {  // begin of libnice's NiceCandidate; its ABI is that of libnice.so.10
    int type, transport;
    union {
        sockaddr any;
        sockaddr_in ip4;
        sockaddr_in6 ip6;
    } address;
};
constexpr int kUdp = 0;      // NiceCandidateTransport
constexpr int kRelayed = 3;  // NiceCandidateType

// libnice comes with its plugin, with the first viewer; linked, it would cost an idle gateway memory.
struct Nice {
    gboolean (*get_selected_pair)(GObject*, guint, guint, Candidate**, Candidate**) = nullptr;
    GObject* (*get_selected_socket)(GObject*, guint, guint) = nullptr;
    gint (*send)(GObject*, guint, guint, guint, const gchar*) = nullptr;

    Nice() {
        void* library = ::dlopen("libnice.so.10", RTLD_LAZY | RTLD_NOLOAD);
        if (library == nullptr) return;
        get_selected_pair = reinterpret_cast<decltype(get_selected_pair)>(::dlsym(library, "nice_agent_get_selected_pair"));
        get_selected_socket = reinterpret_cast<decltype(get_selected_socket)>(::dlsym(library, "nice_agent_get_selected_socket"));
        send = reinterpret_cast<decltype(send)>(::dlsym(library, "nice_agent_send"));
    }
    bool is_there() const { return get_selected_pair != nullptr && get_selected_socket != nullptr && send != nullptr; }
};

const Nice& nice() {
    static const Nice functions;
    return functions;
}

GPtr<GstElement> find_element(GstElement* bin, const char* factory) {
    GValue item = G_VALUE_INIT;
    GPtr<GstElement> found;
    GstIterator* elements = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin), factory);
    GstIteratorResult step = gst_iterator_next(elements, &item);
    for (int tries = 0; step == GST_ITERATOR_RESYNC && tries < 10; ++tries) {  // the bin changed meanwhile
        gst_iterator_resync(elements);
        step = gst_iterator_next(elements, &item);
    }
    if (step == GST_ITERATOR_OK) {
        found.reset(GST_ELEMENT(g_value_dup_object(&item)));
        g_value_unset(&item);
    }
    gst_iterator_free(elements);
    return found;
}

socklen_t size_of(const sockaddr_storage& address) { return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

/// One write: datagrams of one size, of which only the last may be shorter.
struct Write {
    Bytes bytes;
    std::size_t count = 0;
    std::size_t segment = 0;
};

Write next_write(Bytes bytes, std::span<const std::size_t> sizes, bool segments) {
    Write write{{}, 1, sizes[0]};
    std::size_t total = sizes[0];
    while (segments && write.count < sizes.size() && write.count < kMostSegments && sizes[write.count] <= write.segment &&
           sizes[write.count - 1] == write.segment && total + sizes[write.count] <= kMostWrite)
        total += sizes[write.count++];
    write.bytes = bytes.first(total);
    return write;
}

ssize_t send_write(int fd, const sockaddr_storage& to, const Write& write) {
    // The kernel's interface takes non-const pointers and does not write.
    iovec piece{const_cast<std::byte*>(write.bytes.data()), write.bytes.size()};
    msghdr message{};
    message.msg_name = const_cast<sockaddr_storage*>(&to);
    message.msg_namelen = size_of(to);
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint16_t))> control{};
    if (write.count > 1) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_UDP;
        head->cmsg_type = UDP_SEGMENT;
        head->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
        const auto segment = static_cast<std::uint16_t>(write.segment);
        std::memcpy(CMSG_DATA(head), &segment, sizeof segment);
    }
    return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

Result<std::shared_ptr<NiceRoute>> NiceRoute::find(GstElement* webrtcbin) {
    const auto sink = find_element(webrtcbin, "nicesink");
    if (!sink || !nice().is_there()) return fail(Errc::refused, "WebRTC: no ICE transport");
    std::shared_ptr<NiceRoute> route(new NiceRoute);
    GObject* agent = nullptr;
    g_object_get(sink.get(), "agent", &agent, "stream", &route->stream_, "component", &route->component_, nullptr);
    route->agent_.reset(agent);
    if (!route->agent_) return fail(Errc::refused, "WebRTC: no ICE agent");
    const auto on_pair = +[](GObject*, guint, guint, gpointer, gpointer, gpointer data) {
        if (const auto alive = static_cast<std::weak_ptr<NiceRoute>*>(data)->lock()) alive->refresh();
    };
    const auto drop = +[](gpointer data, GClosure*) { delete static_cast<std::weak_ptr<NiceRoute>*>(data); };
    route->handler_ = g_signal_connect_data(agent, "new-selected-pair-full", G_CALLBACK(on_pair), new std::weak_ptr<NiceRoute>(route), drop, GConnectFlags{});
    route->refresh();
    return route;
}

NiceRoute::~NiceRoute() {
    if (agent_ && handler_ != 0) g_signal_handler_disconnect(agent_.get(), handler_);
    if (fd_ >= 0) ::close(fd_);
}

void NiceRoute::refresh() {
    const std::lock_guard order(refreshing_);
    Candidate *local = nullptr, *remote = nullptr;
    int fd = -1;
    sockaddr_storage to{};
    if (nice().get_selected_pair(agent_.get(), stream_, component_, &local, &remote) != FALSE && remote->transport == kUdp && local->type != kRelayed) {
        const GPtr<GObject> socket([this] {
            GObject* raw = nice().get_selected_socket(agent_.get(), stream_, component_);
            return raw == nullptr ? nullptr : G_OBJECT(g_object_ref(raw));
        }());
        gint theirs = -1;
        if (socket) g_object_get(socket.get(), "fd", &theirs, nullptr);
        if (theirs >= 0) fd = ::fcntl(theirs, F_DUPFD_CLOEXEC, 0);
        std::memcpy(&to, &remote->address, remote->address.any.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    }
    const std::lock_guard lock(mutex_);
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    to_ = to;
}

std::size_t NiceRoute::send(Bytes bytes, std::span<const std::size_t> sizes) {
    const std::lock_guard lock(mutex_);
    return fd_ >= 0 ? send_datagrams(bytes, sizes) : send_by_agent(bytes, sizes);
}

std::size_t NiceRoute::send_by_agent(Bytes bytes, std::span<const std::size_t> sizes) {
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (nice().send(agent_.get(), stream_, component_, static_cast<guint>(sizes[i]), reinterpret_cast<const gchar*>(bytes.data())) < 0) return i;
        bytes = bytes.subspan(sizes[i]);
    }
    return sizes.size();
}

std::size_t NiceRoute::send_datagrams(Bytes bytes, std::span<const std::size_t> sizes) {
    std::size_t sent = 0;
    while (sent < sizes.size()) {
        const Write write = next_write(bytes, sizes.subspan(sent), segments_);
        if (send_write(fd_, to_, write) < 0) {
            if (errno == EAGAIN || errno == ENOBUFS) return sent;
            if (write.count > 1) {  // this network card or this way cannot: one by one from now on
                segments_ = false;
                continue;
            }
        }
        sent += write.count;  // refused datagrams (nobody there any more, network down) are lost
        bytes = bytes.subspan(write.bytes.size());
    }
    return sent;
}

Result<rtp::SrtpKeys> sending_keys(GstElement* webrtcbin) {
    constexpr guint kAes128 = 1, kSha1Short = 1, kSha1Long = 2;  // GstDtlsSrtpCipher, GstDtlsSrtpAuth
    const auto encoder = find_element(webrtcbin, "dtlsenc");
    if (!encoder) return fail(Errc::refused, "WebRTC: no DTLS encoder");
    GstBuffer* raw = nullptr;
    guint cipher = 0, auth = 0;
    g_object_get(encoder.get(), "encoder-key", &raw, "srtp-cipher", &cipher, "srtp-auth", &auth, nullptr);
    const MiniPtr<GstBuffer> key(raw);
    rtp::SrtpKeys keys;
    if (!key || gst_buffer_get_size(key.get()) != keys.key.size() + keys.salt.size()) return fail(Errc::refused, "WebRTC: DTLS has no key yet");
    if (cipher != kAes128 || (auth != kSha1Short && auth != kSha1Long)) return fail(Errc::unsupported, "WebRTC: DTLS agreed on a cipher that is not known");
    gst_buffer_extract(key.get(), 0, keys.key.data(), keys.key.size());
    gst_buffer_extract(key.get(), keys.key.size(), keys.salt.data(), keys.salt.size());
    keys.tag_size = auth == kSha1Short ? 4 : 10;
    return keys;
}

}  // namespace tplink::media::webrtc
