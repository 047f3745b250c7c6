#pragma once
// The page's files, built from page/ and embedded (assets.cpp is generated).

#include <span>
#include <string_view>

namespace tplink::gateway {

struct Asset {
    std::string_view path; ///< "/" or "/assets/app-5f0c1d2e.js"
    std::string_view content_type;
    std::string_view hash;        ///< of the content: ETag
    bool immutable = false;       ///< the path holds the hash: may be cached for ever
    std::string_view plain, gzip; ///< gzip empty: not worth it
    bool is_open = false;         ///< part of the form to sign in: needs no password
};

std::span<const Asset> assets();

} // namespace tplink::gateway
