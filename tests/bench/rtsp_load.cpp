// rtsp_load [--keyframe] [--pause-ms N] URL...: watches all URLs at once over TCP, one thread each.
// Prints "settled" when every viewer has a keyframe or failed; then reads on until its standard input ends
// and prints one JSON line per viewer. --keyframe: one after the other, each only until its first complete
// keyframe.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <list>
#include <string>
#include <thread>

#include "tests/bench/rtsp_viewer.hpp"

namespace {

using tplink::bench::RtspViewer;
using tplink::bench::ViewerReport;

void print(const ViewerReport& report) {
    std::string error = report.error;
    std::replace_if(
        error.begin(), error.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '\'');
    std::printf("{\"url\":\"%s\",\"error\":\"%s\",\"answer_ms\":%.2f,\"keyframe_ms\":%.2f,\"bytes\":%llu,"
                "\"frames\":%llu,\"lost\":%llu}\n",
                report.url.c_str(), error.c_str(), report.answer_ms, report.keyframe_ms,
                static_cast<unsigned long long>(report.bytes), static_cast<unsigned long long>(report.frames),
                static_cast<unsigned long long>(report.lost));
}

/// True when standard input ended within `timeout_ms`.
bool input_ended(int timeout_ms) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, timeout_ms) <= 0) return false;
    char byte = 0;
    return ::read(STDIN_FILENO, &byte, 1) <= 0;
}

int watch_together(const std::vector<std::string>& urls, int pause_ms) {
    std::list<RtspViewer> viewers;
    std::list<std::jthread> threads;
    bool ended = false;
    for (const std::string& url : urls) {
        RtspViewer& viewer = viewers.emplace_back(url);
        threads.emplace_back([&viewer] { viewer.run(false); });
        ended = pause_ms > 0 && input_ended(pause_ms);
        if (ended) break;
    }
    const auto all_settled = [&] {
        return std::all_of(viewers.begin(), viewers.end(), [](const RtspViewer& v) { return v.settled(); });
    };
    while (!ended && !all_settled()) ended = input_ended(5);
    std::puts("settled");
    std::fflush(stdout);
    while (!ended) ended = input_ended(-1);
    for (RtspViewer& viewer : viewers) viewer.stop();
    threads.clear();
    for (const RtspViewer& viewer : viewers) print(viewer.report());
    return 0;
}

int watch_singly(const std::vector<std::string>& urls, int pause_ms) {
    for (const std::string& url : urls) {
        RtspViewer viewer(url);
        viewer.run(true);
        print(viewer.report());
        if (input_ended(pause_ms)) break;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    bool only_keyframe = false;
    int pause_ms = 0;
    std::vector<std::string> urls;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--keyframe") {
            only_keyframe = true;
        } else if (word == "--pause-ms" && i + 1 < argc) {
            const std::string number = argv[++i];
            std::from_chars(number.data(), number.data() + number.size(), pause_ms);
        } else {
            urls.push_back(word);
        }
    }
    if (urls.empty() || !urls.front().starts_with("rtsp://")) {
        std::fputs("Use: rtsp_load [--keyframe] [--pause-ms N] rtsp://ADDRESS:PORT/PATH...\n", stderr);
        return 2;
    }
    return only_keyframe ? watch_singly(urls, pause_ms) : watch_together(urls, pause_ms);
}
