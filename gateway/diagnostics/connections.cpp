#include "gateway/diagnostics/connections.hpp"

#include <algorithm>
#include <array>
#include <arpa/inet.h>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tplink::gateway {
namespace {

constexpr std::string_view kEstablished = "01";  // source: Documentation/networking/proc_net_tcp.rst

template <class T> bool number(std::string_view text, T& out, int base) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out, base);
    return ec == std::errc{} && end == text.data() + text.size() && !text.empty();
}

/// "0100007F:1F90" or the IPv6 form that holds an IPv4 address in its last 8 digits.
bool parse_end(const std::string& text, std::string& address, std::uint16_t& port) {
    const auto colon = text.find(':');
    std::uint32_t bits = 0;
    if (colon == std::string::npos || (colon != 8 && colon != 32) || !number(std::string_view(text).substr(colon - 8, 8), bits, 16) ||
        !number(std::string_view(text).substr(colon + 1), port, 16))
        return false;
    in_addr raw{};
    raw.s_addr = bits;  // the kernel prints the bytes as one number of this machine
    std::array<char, INET_ADDRSTRLEN> out{};
    address = ::inet_ntop(AF_INET, &raw, out.data(), out.size());
    return true;
}

std::vector<std::uint64_t> own_sockets() {
    std::vector<std::uint64_t> out;
    std::error_code ec;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ec)) {
        const std::string target = std::filesystem::read_symlink(entry.path(), ec).string();
        std::uint64_t inode = 0;
        if (!ec && target.starts_with("socket:[") && number(std::string_view(target).substr(8, target.size() - 9), inode, 10)) out.push_back(inode);
    }
    return out;
}

}  // namespace

std::vector<RemoteConnection> parse_connections(const std::string& table, const std::vector<std::uint64_t>& inodes) {
    std::vector<RemoteConnection> out;
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string slot, local, remote, state, skip, inode_text;
        words >> slot >> local >> remote >> state;
        for (int i = 0; i < 5; ++i) words >> skip;
        words >> inode_text;
        std::uint64_t inode = 0;
        RemoteConnection one;
        std::string own;
        if (state != kEstablished || !number(inode_text, inode, 10) || std::find(inodes.begin(), inodes.end(), inode) == inodes.end()) continue;
        if (parse_end(remote, one.address, one.port) && parse_end(local, own, one.local_port)) out.push_back(std::move(one));
    }
    return out;
}

std::vector<RemoteConnection> open_connections() {
    const auto inodes = own_sockets();
    std::vector<RemoteConnection> out;
    for (const char* path : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
        std::ifstream in(path);
        std::ostringstream text;
        text << in.rdbuf();
        for (RemoteConnection& one : parse_connections(text.str(), inodes)) out.push_back(std::move(one));
    }
    return out;
}

}  // namespace tplink::gateway
