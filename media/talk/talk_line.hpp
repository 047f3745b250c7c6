#pragma once
// Speech on its way to a camera's speaker, wherever it comes from.

#include <functional>
#include <memory>

#include "protocols/base/bytes.hpp"
#include "protocols/base/result.hpp"

namespace tplink::media {

/// Letting it go ends the talk and frees the camera's line. Thread-safe.
class TalkLine {
public:
    virtual ~TalkLine() = default;
    /// A-law, 8 kHz mono, any length; never blocks. What the camera cannot take in time is dropped, the newest first.
    virtual void push(Bytes alaw) = 0;
    /// Why the camera does not listen (any more); nothing while it does.
    virtual std::optional<Error> error() const = 0;
    /// True when it has ended, by silence or by an error; then a new one has to be opened.
    virtual bool is_over() const = 0;
};

/// Begins a talk; returns at once, connecting goes on in a thread. errors: unsupported, refused.
using OpenTalk = std::function<Result<std::shared_ptr<TalkLine>>()>;

}  // namespace tplink::media
