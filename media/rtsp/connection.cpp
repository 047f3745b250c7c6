#include "media/rtsp/connection.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "media/codec/g711.hpp"
#include "protocols/base/random.hpp"

namespace tplink::media::rtsp {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 1000ms;
constexpr auto kReportEvery = 5s;
constexpr auto kSessionTimeout = 60s;                    // told to the client
constexpr auto kSilenceLimit = kSessionTimeout + 15s;    // of a client that plays over UDP, or does not play
constexpr auto kStrangerLimit = 15s;                     // of one who has not asked for anything yet
constexpr auto kStuckLimit = 15s;                        // nothing of what waits went out: it vanished
constexpr auto kTalkPause = 5s;                          // after the camera refused
constexpr int kRefusalsAllowed = 10;
constexpr std::string_view kBackchannel = "www.onvif.org/ver20/backchannel";
constexpr const char* kMethods = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER";

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

std::string random_hex(std::size_t bytes) { return hex_lower(system_random().bytes(bytes)); }

std::uint32_t random_u32() {
    const Buffer bytes = system_random().bytes(4);
    return load_be32(std::span<const std::byte, 4>(bytes.data(), 4));
}

template <class Ask> sockaddr_storage ask_address(int fd, Ask ask) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ask(fd, reinterpret_cast<sockaddr*>(&address), &size);
    return address;
}

}  // namespace

Connection::Presentation::~Presentation() {
    if (viewing && sender) viewing->hub().detach(sender);
}

Connection::Connection(Socket socket, const Credentials& user, FindMount find)
    : socket_(std::move(socket)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), find_(std::move(find)),
      auth_(user, random_hex(16)), session_(random_hex(8)), local_(ask_address(socket_.get(), ::getsockname)),
      peer_(ask_address(socket_.get(), ::getpeername)), outbox_(socket_.get(), wake_.get()), last_heard_(clock_now()),
      next_report_(clock_now() + kReportEvery) {
    // Without it the last piece of each picture waits for the receiver's delayed acknowledgement: 40 ms.
    const int yes = 1;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    thread_ = std::thread([this] { run(); });
}

Connection::~Connection() {
    close();
    thread_.join();
}

void Connection::close() {
    closing_ = true;
    ::shutdown(socket_.get(), SHUT_RDWR);
    wake(wake_.get());
}

void Connection::run() noexcept {
    try {
        serve();
    } catch (const std::exception&) {  // out of memory: this viewer only
    }
    presentation_.reset();
    ::shutdown(socket_.get(), SHUT_RDWR);
    ended_ = true;
}

void Connection::serve() {
    while (!closing_ && wait_and_move()) {
        while (auto message = reader_.next()) {
            last_heard_ = clock_now();
            if (const auto* frame = std::get_if<Frame>(&*message)) {
                take_frame(*frame);
            } else if (!handle(std::get<Request>(*message))) {
                return;
            }
            if (closing_) return;
        }
        if (reader_.is_broken()) {
            outbox_.send(format_response(400, {}, {}, {}));
            return;
        }
        if (is_too_late()) return;
        if (playing_ && clock_now() >= next_report_) {
            next_report_ = clock_now() + kReportEvery;
            presentation_->sender->report();
        }
    }
}

/// Waits for something to do and moves bytes both ways. False: the connection is over.
bool Connection::wait_and_move() {
    std::vector<pollfd> polled;
    const short writes = outbox_.is_waiting() ? POLLOUT : 0;
    polled.push_back({socket_.get(), static_cast<short>(POLLIN | writes), 0});
    polled.push_back({wake_.get(), POLLIN, 0});
    if (presentation_)
        for (const Track& track : presentation_->tracks)
            if (track.udp) {
                polled.push_back({track.udp->rtp.get(), POLLIN, 0});
                polled.push_back({track.udp->rtcp.get(), POLLIN, 0});
            }
    const auto wait = std::min<std::chrono::milliseconds>(datagram_wait_.value_or(kTick), kTick);
    if (::poll(polled.data(), polled.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR) return false;
    if (polled[1].revents != 0) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
    }
    if (writes != 0 && !outbox_.flush()) return false;
    if (playing_) datagram_wait_ = presentation_->sender->send_datagrams();
    if (polled.size() > 2 && !read_datagrams()) return false;
    return polled[0].revents == 0 || (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0 || read_socket();
}

bool Connection::read_socket() {
    std::array<std::byte, 4096> chunk;
    const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got == 0) return false;
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    reader_.feed(Bytes(chunk).first(static_cast<std::size_t>(got)));
    return true;
}

/// Receiver reports keep a viewer alive; the way back may come as datagrams too.
bool Connection::read_datagrams() {
    std::array<std::byte, 2048> datagram;
    for (const Track& track : presentation_->tracks) {
        if (!track.udp) continue;
        for (const Socket* socket : {&track.udp->rtp, &track.udp->rtcp})
            for (int i = 0; i < 64; ++i) {  // no sender may hold this thread
                sockaddr_storage from{};
                socklen_t size = sizeof from;
                const ssize_t got = ::recvfrom(socket->get(), datagram.data(), datagram.size(), MSG_DONTWAIT,
                                               reinterpret_cast<sockaddr*>(&from), &size);
                if (got < 0) break;
                if (address_text(from) != address_text(peer_)) continue;
                last_heard_ = clock_now();
                if (track.number == kBackTrack && socket == &track.udp->rtp)
                    take_speech(Bytes(datagram).first(static_cast<std::size_t>(got)));
            }
    }
    return true;
}

bool Connection::is_too_late() const {
    const auto now = clock_now();
    if (const auto stuck = outbox_.stuck_since(); stuck && now - *stuck > kStuckLimit) return true;
    if (!presentation_) return now - last_heard_ > kStrangerLimit;
    const bool over_udp = std::any_of(presentation_->tracks.begin(), presentation_->tracks.end(), [](const Track& t) { return t.udp.has_value(); });
    return (!playing_ || over_udp) && now - last_heard_ > kSilenceLimit;
}

void Connection::reply(const Request& request, int code, Headers headers, std::string_view body, std::string_view reason) {
    headers.insert(headers.begin(), {"Server", "tplink2mqtt"});
    outbox_.send(format_response(code, reason, request.header("cseq"), headers, body));
}

/// False: the connection is to end.
bool Connection::handle(const Request& request) {
    if (request.method == "OPTIONS") {
        reply(request, 200, {{"Public", kMethods}});
        return true;
    }
    if (!auth_.admits(request.method, request.header("authorization"))) {
        Headers headers;
        for (std::string& challenge : auth_.challenges()) headers.emplace_back("WWW-Authenticate", std::move(challenge));
        reply(request, 401, std::move(headers));
        return request.header("authorization").empty() || ++refusals_ < kRefusalsAllowed;
    }
    if (const auto required = request.header("require"); !required.empty() && required != kBackchannel) {
        reply(request, 551, {{"Unsupported", reason_phrase(required)}});
        return true;
    }
    if (request.method == "DESCRIBE") describe(request);
    else if (request.method == "SETUP") setup(request);
    else if (request.method == "PLAY") play(request);
    else if (request.method == "PAUSE") pause(request);
    else if (request.method == "TEARDOWN") teardown(request);
    else if (request.method == "GET_PARAMETER" || request.method == "SET_PARAMETER") reply(request, 200, {{"Session", session_}});
    else reply(request, 501, {{"Public", kMethods}});
    return !finished_;
}

bool Connection::present(const Request& request, const std::string& path) {
    if (presentation_ && presentation_->path == path) return true;
    const auto mount = find_(path);
    if (!mount) {
        reply(request, 404);
        return false;
    }
    presentation_.reset();
    playing_ = false;
    auto viewing = mount->open();
    if (!viewing) {
        const Denial& denial = viewing.error();
        reply(request, denial.no_such_stream ? 404 : denial.viewer_limit ? 453 : 503, {}, {}, reason_phrase(denial.error.what));
        return false;
    }
    presentation_ = std::make_unique<Presentation>();
    presentation_->path = path;
    presentation_->mount = mount;
    presentation_->viewing = std::move(*viewing);
    last_heard_ = clock_now();
    // Nothing of this object may be touched from there: shutting the socket down wakes and ends the thread.
    presentation_->viewing->on_revoked([fd = socket_.get()] { ::shutdown(fd, SHUT_RDWR); });
    return true;
}

void Connection::describe(const Request& request) {
    const Target target = parse_target(request.url);
    const bool wants_back = request.header("require") == kBackchannel;
    if (!present(request, target.path)) return;
    if (wants_back && !presentation_->mount->talk)
        return reply(request, 551, {{"Unsupported", std::string(kBackchannel)}}, {}, "this camera cannot be talked to");
    presentation_->backchannel = wants_back;
    Description description;
    description.name = target.path.substr(1);
    description.address = address_text(local_);
    description.format = presentation_->viewing->format();
    description.keyframe = presentation_->viewing->hub().last_keyframe();
    description.backchannel = wants_back;
    reply(request, 200, {{"Content-Type", "application/sdp"}, {"Content-Base", request.url + (request.url.ends_with('/') ? "" : "/")}},
          format_sdp(description));
}

void Connection::setup(const Request& request) {
    const Target target = parse_target(request.url);
    const unsigned number = target.track.value_or(kVideoTrack);
    const auto transport = parse_transport(request.header("transport"));
    if (playing_) return reply(request, 455);
    if (!present(request, target.path)) return;
    const bool known = number == kVideoTrack || (number == kAudioTrack && presentation_->viewing->format().audio) ||
                       (number == kBackTrack && presentation_->mount->talk);
    if (!known) return reply(request, 404, {}, {}, "the camera has no such track");
    if (!transport) return reply(request, 461);
    const auto answer = add_track(number, *transport);
    if (!answer) return reply(request, 461);
    reply(request, 200, {{"Transport", *answer}, {"Session", session_ + ";timeout=" + std::to_string(kSessionTimeout.count())}});
}

std::optional<std::string> Connection::add_track(unsigned number, const Transport& transport) {
    Presentation& shown = *presentation_;
    std::erase_if(shown.tracks, [&](const Track& track) { return track.number == number; });
    Track track;
    track.number = number;
    TrackRoute route;
    route.payload_type = number == kVideoTrack ? kVideoPayload : kAlawPayload;
    route.clock_rate = number == kVideoTrack ? 90000 : 8000;
    route.ssrc = random_u32();
    route.first_sequence = static_cast<std::uint16_t>(random_u32());
    route.first_timestamp = random_u32();
    std::string answer;
    if (transport.tcp) {
        track.channel = transport.channel.value_or(number * 2);
        route.channel = track.channel;
        answer = "RTP/AVP/TCP;unicast;interleaved=" + std::to_string(*track.channel) + "-" + std::to_string(*track.channel + 1);
    } else {
        track.udp = open_udp_pair(local_);
        if (!track.udp) return std::nullopt;
        route.udp = std::make_unique<UdpOutbox>(track.udp->rtp.get(), with_port(peer_, transport.client_port), wake_.get());
        route.udp_rtcp = std::make_unique<UdpOutbox>(track.udp->rtcp.get(), with_port(peer_, transport.client_rtcp_port), wake_.get());
        answer = "RTP/AVP;unicast;client_port=" + std::to_string(transport.client_port) + "-" + std::to_string(transport.client_rtcp_port) +
                 ";server_port=" + std::to_string(track.udp->port) + "-" + std::to_string(track.udp->port + 1);
    }
    if (number != kBackTrack) {
        std::array<std::byte, 4> ssrc{};
        store_be32(ssrc, route.ssrc);
        answer += ";ssrc=" + hex_upper(ssrc);
        shown.routes[number] = std::move(route);
    }
    answer += transport.record ? ";mode=\"RECORD\"" : ";mode=\"PLAY\"";
    shown.tracks.push_back(std::move(track));
    return answer;
}

bool Connection::is_in_session(const Request& request) {
    const std::string_view id = request.header("session");
    if (presentation_ && !presentation_->tracks.empty() && id.substr(0, id.find(';')) == session_) return true;
    reply(request, 454);
    return false;
}

std::string Connection::rtp_info(const Request& request) const {
    std::string base = request.url;
    while (base.ends_with('/')) base.pop_back();
    std::string info;
    for (const Track& track : presentation_->tracks) {
        if (track.number == kBackTrack || !presentation_->routes[track.number]) continue;
        const TrackRoute& route = *presentation_->routes[track.number];
        info += (info.empty() ? "" : ",") + ("url=" + base) + "/stream=" + std::to_string(track.number) + ";seq=" +
                std::to_string(route.first_sequence) + ";rtptime=" + std::to_string(route.first_timestamp);
    }
    return info;
}

void Connection::play(const Request& request) {
    if (!is_in_session(request)) return;
    Headers headers{{"Session", session_}, {"Range", "npt=now-"}};
    if (playing_) return reply(request, 200, std::move(headers));  // some players keep the session alive by it
    if (presentation_->sender) {                                    // after a pause
        playing_ = true;
        reply(request, 200, std::move(headers));
        return presentation_->viewing->hub().attach(presentation_->sender);
    }
    if (const std::string info = rtp_info(request); !info.empty()) headers.emplace_back("RTP-Info", info);
    presentation_->sender = std::make_shared<Sender>(std::move(presentation_->routes), outbox_);
    presentation_->routes = {};
    reply(request, 200, std::move(headers));
    playing_ = true;
    presentation_->viewing->hub().attach(presentation_->sender);
}

void Connection::pause(const Request& request) {
    if (!is_in_session(request)) return;
    if (playing_) presentation_->viewing->hub().detach(presentation_->sender);
    playing_ = false;
    reply(request, 200, {{"Session", session_}});
}

void Connection::teardown(const Request& request) {
    if (!is_in_session(request)) return;
    presentation_.reset();
    playing_ = false;
    datagram_wait_.reset();
    reply(request, 200, {{"Session", session_}});
}

void Connection::take_frame(const Frame& frame) {
    if (!presentation_) return;
    for (const Track& track : presentation_->tracks)
        if (track.number == kBackTrack && track.channel == frame.channel) return take_speech(frame.bytes);
}

void Connection::take_speech(Bytes bytes) {
    const auto packet = rtp::parse_packet(bytes);
    if (!packet || packet->payload.empty()) return;
    if (packet->payload_type != kAlawPayload && packet->payload_type != kUlawPayload) return;
    std::shared_ptr<TalkLine>& line = presentation_->talk;
    if (line && line->is_over()) {
        if (line->error()) no_talk_before_ = clock_now() + kTalkPause;
        line.reset();
    }
    if (!line) {  // opened by the first word, not by everybody who could speak
        if (clock_now() < no_talk_before_) return;
        auto opened = presentation_->mount->talk();
        if (!opened) {
            no_talk_before_ = clock_now() + kTalkPause;
            return;
        }
        line = std::move(*opened);
    }
    if (packet->payload_type == kAlawPayload)
        presentation_->talk->push(packet->payload);
    else
        presentation_->talk->push(alaw_from_ulaw(packet->payload));
}

}  // namespace tplink::media::rtsp
