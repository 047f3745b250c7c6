#pragma once
// Output of a shell command, standard error included.

#include <array>
#include <cstdio>
#include <string>

namespace tplink::media::test {

inline std::string run_command(const std::string& command) {
    std::string out;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return out;
    std::array<char, 4096> bytes{};
    while (std::fgets(bytes.data(), static_cast<int>(bytes.size()), pipe) != nullptr) out += bytes.data();
    pclose(pipe);
    return out;
}

}  // namespace tplink::media::test
