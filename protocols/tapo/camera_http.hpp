#pragma once
// How requests to a camera's control port look, whatever the login. Source: camera.md, "HTTP".

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/net/http_client.hpp"

namespace tplink::tapo {

/// Where the camera is; goes into the Referer.
struct CameraHost {
    std::string host;
    std::uint16_t port = 443;
};

/// POST of JSON with the headers every firmware accepts.
net::HttpRequest camera_request(const CameraHost& where, std::string path, std::string body);

/// "/stok=<stok>/ds": the token goes raw; escaped is only what would break the request line.
std::string stok_path(std::string_view stok);

/// A token fit for a path: 1 to 256 characters.
bool is_stok(std::string_view stok);

/// Control logins are "admin"; only a camera account (no e-mail) keeps its name, and only L1 takes one.
std::string camera_user(std::string_view username);

} // namespace tplink::tapo
