// whep_load [--cycles N] URL...: watches all URLs at once by WHEP, without decoding, in a process of its own.
// Prints "settled" when every viewer has a keyframe or failed; then reads on until its standard input ends and prints
// one JSON line per viewer. --cycles: the first URL N times, one after the other, each until its first picture.

#include <gst/gst.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/net/http_client.hpp"
#include "tests/media/webrtc_client.hpp"

namespace {

using namespace std::chrono_literals;
using tplink::media::test::Tracks;
using tplink::media::test::WebrtcClient;

struct Report {
    std::string error;
    double answer_ms = -1, frame_ms = -1;  ///< from the POST to its answer, and to the first picture that begins a GOP
    unsigned long frames = 0;
};

class WhepViewer {
public:
    explicit WhepViewer(std::string_view url) {
        const auto slash = url.find('/', 7), colon = url.rfind(':', slash);
        tplink::net::HttpOptions options;
        options.host = std::string(url.substr(7, colon - 7));
        options.port = static_cast<std::uint16_t>(std::strtoul(std::string(url.substr(colon + 1, slash - colon - 1)).c_str(), nullptr, 10));
        path_ = std::string(url.substr(slash));
        http_ = tplink::net::make_http_client(options);
    }
    ~WhepViewer() {
        client_.reset();
        if (!location_.empty()) (void)http_->send({.path = location_, .body = {}, .headers = {}, .method = "DELETE"});
    }
    WhepViewer(const WhepViewer&) = delete;
    WhepViewer& operator=(const WhepViewer&) = delete;

    void open() {
        client_.emplace(Tracks::video_audio, tplink::media::test::Taps{.unit = [this](GstBuffer* unit) { take(unit); }});
        const std::string offer = client_->offer();
        begun_ = std::chrono::steady_clock::now();
        const auto reply = http_->send({.path = path_, .body = offer, .content_type = "application/sdp", .headers = {}});
        const std::lock_guard lock(mutex_);
        report_.answer_ms = since_ms();
        if (!reply) report_.error = reply.error().what;
        else if (reply->status != 201) report_.error = "WHEP answered " + std::to_string(reply->status);
        if (!report_.error.empty()) return;
        location_ = std::string(reply->header("location"));
        if (!client_->accept(reply->body)) report_.error = "the answer is not accepted";
    }

    /// False when no picture came within 15 s.
    bool wait_picture() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, 15s, [this] { return report_.frame_ms >= 0 || !report_.error.empty(); })) report_.error = "no picture within 15 s";
        return report_.error.empty();
    }
    Report report() const {
        const std::lock_guard lock(mutex_);
        return report_;
    }

private:
    double since_ms() const { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun_).count(); }

    void take(GstBuffer* unit) {
        const std::lock_guard lock(mutex_);
        ++report_.frames;
        if (report_.frame_ms >= 0 || GST_BUFFER_FLAG_IS_SET(unit, GST_BUFFER_FLAG_DELTA_UNIT)) return;
        report_.frame_ms = since_ms();
        changed_.notify_all();
    }

    std::string path_, location_;
    std::unique_ptr<tplink::net::HttpClient> http_;
    std::chrono::steady_clock::time_point begun_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Report report_;
    std::optional<WebrtcClient> client_;
};

void print(Report report) {
    std::replace_if(
        report.error.begin(), report.error.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '\'');
    std::printf("{\"error\":\"%s\",\"answer_ms\":%.2f,\"frame_ms\":%.2f,\"frames\":%lu}\n", report.error.c_str(), report.answer_ms, report.frame_ms, report.frames);
}

void wait_for_end_of_input() {
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {}
}

void watch_together(const std::vector<std::string>& urls) {
    std::deque<WhepViewer> viewers;
    for (const std::string& url : urls) viewers.emplace_back(url).open();
    for (WhepViewer& viewer : viewers) viewer.wait_picture();
    std::puts("settled");
    std::fflush(stdout);
    wait_for_end_of_input();
    for (const WhepViewer& viewer : viewers) print(viewer.report());
}

void watch_in_cycles(const std::string& url, long cycles) {
    for (long i = 0; i < cycles; ++i) {
        WhepViewer viewer(url);
        viewer.open();
        viewer.wait_picture();
        print(viewer.report());
    }
}

}  // namespace

int main(int argc, char** argv) {
    long cycles = 0;
    std::vector<std::string> urls;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--cycles" && i + 1 < argc) cycles = std::strtol(argv[++i], nullptr, 10);
        else urls.emplace_back(argv[i]);
    }
    if (urls.empty() || !urls.front().starts_with("http://")) {
        std::fputs("Use: whep_load [--cycles N] http://ADDRESS:PORT/api/devices/ID/whep...\n", stderr);
        return 2;
    }
    gst_init(nullptr, nullptr);
    if (cycles > 0) watch_in_cycles(urls.front(), cycles);
    else watch_together(urls);
    return 0;
}
