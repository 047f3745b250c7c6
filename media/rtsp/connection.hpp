#pragma once
// One client of the RTSP server, served by one thread.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "media/rtsp/auth.hpp"
#include "media/rtsp/message.hpp"
#include "media/rtsp/sdp.hpp"
#include "media/rtsp/sender.hpp"
#include "media/rtsp/udp_pair.hpp"
#include "media/talk/talk_line.hpp"
#include "media/viewing.hpp"

namespace tplink::media::rtsp {

/// What stands behind a path. `talk` is empty where nobody can be talked to.
struct Mount {
    OpenViewing open;
    OpenTalk talk;
};
/// Null: no such path.
using FindMount = std::function<std::shared_ptr<const Mount>(const std::string& path)>;

class Connection {
public:
    Connection(Socket socket, const Credentials& user, FindMount find);
    /// Ends the connection and joins its thread, which may have to wait for an OpenViewing under way.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool has_ended() const { return ended_; }
    /// Begins to end; does not wait.
    void close();

private:
    /// A track the client has set up.
    struct Track {
        unsigned number = 0;
        std::optional<unsigned> channel;
        std::optional<UdpPair> udp;
    };
    /// What DESCRIBE or SETUP opened: its path, the camera's stream, the tracks.
    struct Presentation {
        std::string path;
        std::shared_ptr<const Mount> mount;
        std::shared_ptr<Viewing> viewing;
        std::vector<Track> tracks;
        Sender::Routes routes;
        std::shared_ptr<Sender> sender;
        bool backchannel = false;
        std::shared_ptr<TalkLine> talk;
        ~Presentation();
    };

    void run() noexcept;
    void serve();
    bool wait_and_move();
    bool read_socket();
    bool read_datagrams();
    bool is_too_late() const;
    bool handle(const Request& request);
    void take_frame(const Frame& frame);
    void take_speech(Bytes packet);

    void describe(const Request& request);
    void setup(const Request& request);
    void play(const Request& request);
    void pause(const Request& request);
    void teardown(const Request& request);
    /// Makes sure the presentation is of this path; false: the denial has been sent.
    bool present(const Request& request, const std::string& path);
    bool is_in_session(const Request& request);
    std::optional<std::string> add_track(unsigned number, const Transport& transport);
    std::string rtp_info(const Request& request) const;

    void reply(const Request& request, int code, Headers headers = {}, std::string_view body = {}, std::string_view reason = {});

    const Socket socket_;
    const Socket wake_;  ///< eventfd
    const FindMount find_;
    const Auth auth_;
    const std::string session_;  ///< id; one per connection
    sockaddr_storage local_{}, peer_{};
    TcpOutbox outbox_;
    RequestReader reader_;
    std::unique_ptr<Presentation> presentation_;
    std::optional<std::chrono::milliseconds> datagram_wait_;
    SteadyTime last_heard_, next_report_;
    SteadyTime no_talk_before_{};  ///< the camera refused: not with every packet again
    int refusals_ = 0;
    bool playing_ = false;
    bool finished_ = false;
    std::atomic<bool> closing_ = false, ended_ = false;
    std::thread thread_;  // last: it uses the others
};

}  // namespace tplink::media::rtsp
