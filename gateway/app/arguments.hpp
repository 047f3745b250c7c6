#pragma once
// The command line.

#include <chrono>
#include <string>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink::gateway {

/// Exit codes (public: contract section 2).
enum class Exit { done = 0, failed = 1, bad_input = 2, temporary = 75 };

struct Arguments {
    enum class Command { run, check, discover, probe, dump, version, help, decode_pictures } command = Command::run;
    std::string config;   ///< empty: the default places
    std::string address;  ///< probe, dump
    std::vector<std::string> targets;
    std::chrono::milliseconds timeout{5000};
    bool json = false;
};

/// errors: refused with one sentence.
Result<Arguments> parse_arguments(const std::vector<std::string>& words);

std::string help_text();

}  // namespace tplink::gateway
