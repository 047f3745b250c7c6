#pragma once
// What Home Assistant refuses or complains about, as checks over discovery messages and states.

#include <map>
#include <string>
#include <vector>

#include "gateway/mqtt/broker.hpp"

namespace tplink::gateway {

/// One line per fault. states: topic -> payload, for checks of values; topics missing there are not checked.
/// filters: what the gateway listens to; every command topic must match one.
std::vector<std::string> lint_discovery(const std::vector<Message>& messages, const std::map<std::string, std::string>& states,
                                        const std::vector<Subscription>& filters, const std::string& prefix = "homeassistant");

}  // namespace tplink::gateway
