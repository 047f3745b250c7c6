#pragma once
#include <string_view>
namespace tplink::gateway {
/// "0.1.0"; one source: project(VERSION) in CMakeLists.txt.
std::string_view version();
}  // namespace tplink::gateway
