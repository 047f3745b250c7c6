#pragma once
// The commands that look and leave: check, discover, probe, dump.

#include "gateway/app/arguments.hpp"
#include "gateway/config/configuration.hpp"

namespace tplink::gateway {

Exit run_check(const Arguments& arguments, const Environment& environment);
Exit run_discover(const Arguments& arguments, const Environment& environment);
Exit run_probe(const Arguments& arguments, const Environment& environment);
Exit run_dump(const Arguments& arguments, const Environment& environment);

}  // namespace tplink::gateway
