#pragma once
// The RTSP door: one path per camera stream, TCP and UDP, Digest and Basic.

#include <cstdint>
#include <memory>
#include <string>

#include "media/talk/talk_line.hpp"
#include "media/viewing.hpp"
#include "protocols/base/result.hpp"
#include "protocols/base/secret.hpp"

namespace tplink::media::rtsp {

struct ServerOptions {
    std::string address = "0.0.0.0";
    std::uint16_t port = 8654;  ///< 0: any free port
    Credentials user;           ///< empty user name: open to everybody
};

/// Thread-safe. One thread accepts, one more per connection. Destroying it closes every connection.
class Server {
public:
    static constexpr std::size_t kMaxConnections = 256;

    /// errors: refused when the address cannot be bound.
    static Result<std::unique_ptr<Server>> start(const ServerOptions& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// `path` with its leading slash. `open` and `talk` are called on connections' threads, also after unmount() by a
    /// request that was under way. Without `talk` the path has no way back.
    void mount(const std::string& path, OpenViewing open, OpenTalk talk = {});
    /// New requests get 404; viewers stay.
    void unmount(const std::string& path);

    std::uint16_t port() const;

private:
    class Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tplink::media::rtsp
