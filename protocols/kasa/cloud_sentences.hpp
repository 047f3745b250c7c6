#pragma once
// What a person reads about the cloud account, and the decision that goes with it.

#include <chrono>

#include "protocols/kasa/cloud_answers.hpp"
#include "protocols/kasa/cloud_memory.hpp"

namespace tplink::kasa {

/// One sentence with the next step. `left`: until the next try; 0: not known. `why_not`: the gate's reason.
std::string sentence(CloudState state, std::chrono::seconds left, const std::string& why_not);

/// The code that goes with a state that bars the way.
Error standing_error(CloudState state);

/// An answer that concerns one call or one camera only.
Error refusal(const CloudReply& reply, std::string_view call);

}  // namespace tplink::kasa
