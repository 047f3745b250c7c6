#pragma once
// What the gateway and its picture process say to each other over a stream socket: one request, one reply, in turn.

#include <span>
#include <vector>

#include "media/access_unit.hpp"
#include "protocols/base/result.hpp"
#include "protocols/net/socket_io.hpp"

namespace tplink::media {

/// Coded pictures from a keyframe on, all of one codec; the last one is wanted as a JPEG of `width` pixels (0: as it is).
struct PictureRequest {
    std::vector<AccessUnit> units;
    unsigned width = 0;
};

/// errors of all: those of the socket (timeout, cancelled, unreachable); malformed when sizes are out of bounds.
Result<void> send_request(int fd, std::span<const AccessUnit> units, unsigned width, net::Deadline deadline, const net::CancelEvent& cancel);
Result<PictureRequest> receive_request(int fd, net::Deadline deadline, const net::CancelEvent& cancel);

Result<void> send_reply(int fd, const Result<Buffer>& jpeg, net::Deadline deadline, const net::CancelEvent& cancel);
/// The inner result is what the other side answered: the JPEG, or why there is none.
Result<Result<Buffer>> receive_reply(int fd, net::Deadline deadline, const net::CancelEvent& cancel);

}  // namespace tplink::media
