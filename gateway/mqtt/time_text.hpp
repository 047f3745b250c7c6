#pragma once
#include <string>

#include "protocols/base/clock.hpp"

namespace tplink::gateway {
/// ISO 8601 with offset, whole seconds: "2026-11-20T10:00:00+00:00"; empty for the epoch (never).
std::string iso_time(WallTime time);
}  // namespace tplink::gateway
