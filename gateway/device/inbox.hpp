#pragma once
// The only way into an actor: a bounded queue of commands and a few wake-up flags.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "gateway/device/device_view.hpp"

namespace tplink::gateway {

/// Push::kind of a stream that begins or ends: it keeps a battery camera awake.
inline constexpr std::string_view kStreamPush = "@stream";

/// What a source of events says of one unit: `kind` begins or ends.
struct Push {
    std::string unit, kind;
    bool on = false;
};

/// What woke the actor besides commands.
struct Wishes {
    bool poll = false;       ///< poll now
    bool reconnect = false;  ///< forget refusals and the session, start over
    std::optional<std::string> address{};  ///< the device moved there
    bool children = false;   ///< names or exclusions of what hangs on it changed
    bool awake = false;      ///< the device gave a sign of life by itself
    std::vector<Push> pushes{};  ///< in order
    bool any() const { return poll || reconnect || children || awake || address.has_value() || !pushes.empty(); }
};

/// Something to do with the session between polls; null while there is none. Runs on the actor's thread.
using Question = std::function<void(Session* session)>;

struct QueuedCommand {
    PropertyCommand command;
    SteadyTime at{};
};

/// Thread-safe; one consumer.
class Inbox {
public:
    static constexpr std::size_t kMaxCommands = 64;  // a burst of automations; beyond it something loops

    enum class Put { queued, replaced, full };
    /// `replaceable`: a queued command of the same property gives way (numbers: only the newest matters).
    /// `superseded` receives the one that gave way.
    Put put(PropertyCommand command, SteadyTime now, bool replaceable, std::optional<PropertyCommand>& superseded);
    void wish(const Wishes& wishes);
    static constexpr std::size_t kMaxQuestions = 16;
    /// False when too many wait.
    bool ask(Question question);
    std::optional<Question> take_question();

    /// Waits for a command, a wish, a stop or the deadline.
    void wait(std::stop_token stop, std::optional<SteadyTime> deadline);
    std::optional<QueuedCommand> take();
    bool has_command();
    Wishes take_wishes();

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<QueuedCommand> commands_;
    std::deque<Question> questions_;
    Wishes wishes_;
};

}  // namespace tplink::gateway
