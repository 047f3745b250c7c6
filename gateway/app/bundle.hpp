#pragma once
// Everything a bug report needs, fit to be shown to strangers.

#include <string>

#include "gateway/app/parts.hpp"

namespace tplink::gateway {

/// {"version","config","health","mqtt","devices":[{... "document", "exchanges"}]}: every secret is "***", identities are
/// pseudonyms that stay the same for this installation.
json::object diagnostics_document(const Parts& parts);

/// The same as a zip: diagnostics.json, devices/<pseudonym>.json (the document as `tplink2mqtt dump` prints it, ready for
/// the simulators), exchanges/<pseudonym>.json, log.jsonl, README.txt.
std::string diagnostics_zip(const Parts& parts);

/// The last exchanges of one device, redacted.
json::array exchanges(const Parts& parts, const DeviceView& view);

}  // namespace tplink::gateway
