#include "gateway/version.hpp"

namespace tplink::gateway {
std::string_view version() { return PROJECT_VERSION_TEXT; }
}  // namespace tplink::gateway
