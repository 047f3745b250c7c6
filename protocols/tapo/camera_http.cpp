#include "protocols/tapo/camera_http.hpp"

#include "protocols/base/bytes.hpp"

namespace tplink::tapo {
namespace {

constexpr std::size_t kMaxStokBytes = 256;

bool must_escape(char c) {
    return c <= ' ' || c >= '\x7f' || std::string_view("\"<>^`{}|\\?#/%").find(c) != std::string_view::npos;
}

} // namespace

net::HttpRequest camera_request(const CameraHost& where, std::string path, std::string body) {
    net::HttpRequest request;
    request.path = std::move(path);
    request.body = std::move(body);
    request.content_type = "application/json; charset=UTF-8";
    request.headers = {{"Accept", "application/json"},
                       {"User-Agent", "Tapo CameraClient Android"},
                       {"requestByApp", "true"},
                       {"Referer", "https://" + where.host + ":" + std::to_string(where.port)}};
    return request;
}

std::string stok_path(std::string_view stok) {
    std::string path = "/stok=";
    for (const char c : stok) {
        if (must_escape(c))
            path += "%" + hex_upper(as_bytes({&c, 1}));
        else
            path.push_back(c);
    }
    return path + "/ds";
}

bool is_stok(std::string_view stok) { return !stok.empty() && stok.size() <= kMaxStokBytes; }

std::string camera_user(std::string_view username) {
    const bool email = username.find('@') != std::string_view::npos;
    return username.empty() || email ? "admin" : std::string(username);
}

} // namespace tplink::tapo
