#include <sys/resource.h>
#include <unistd.h>

#include "media/still/jpeg.hpp"
#include "media/still/picture_process.hpp"
#include "media/still/picture_wire.hpp"

namespace tplink::media {
namespace {

constexpr unsigned kPictureSeconds = 8;  // then the alarm ends the process: a decoder that hangs is of no use
constexpr rlim_t kMemory = 1U << 30;     // written or not; a 4K GOP takes a fifth of it
constexpr int kNice = 5;                 // a poster may wait, a live picture may not

void limit(int resource, rlim_t most) {
    const rlimit both{most, most};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void limit_self() {
    limit(RLIMIT_CORE, 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // those reserve terabytes
    limit(RLIMIT_DATA, kMemory);
#endif
    [[maybe_unused]] const int nice = ::nice(kNice);
}

}  // namespace

int serve_pictures(int fd) {
    limit_self();
    const net::CancelEvent never;
    const auto always = net::Deadline::max();
    while (const auto request = receive_request(fd, always, never)) {
        ::alarm(kPictureSeconds);
        const auto jpeg = encode_jpeg(request->units, request->width);
        if (!send_reply(fd, jpeg, always, never)) break;
        ::alarm(0);
    }
    return 0;
}

}  // namespace tplink::media
