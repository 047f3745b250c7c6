#pragma once
// A child of a strip or hub as a Session of its own, over its parent's. The sessions know how their dialect
// addresses children (IOT context, control_child, controlChild); here the requests are only marked with the
// child's id.

#include <memory>
#include <string>

#include "protocols/session.hpp"

namespace tplink {

/// The parent's session for several threads: one request at a time, the others wait their turn. identify()
/// tells what the parent is. cancel() ends it for everybody.
std::shared_ptr<Session> make_shared_session(std::unique_ptr<Session> parent);

/// A view of `parent` (make_shared_session when more than one thread uses it) in which every request goes to
/// `child`. identity: what the parent's list told of the child; identify() gives it back without asking.
/// cancel() ends this view only: later calls are `cancelled`, one under way runs out.
std::unique_ptr<Session> make_child_session(std::shared_ptr<Session> parent, std::string child,
                                            Identity identity);

} // namespace tplink
