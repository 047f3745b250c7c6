// watch_streams CLIP URL...: watches all URLs at once, rtsp:// over TCP or http:// .../whep, and holds each picture
// against the clip of that name (see frame_check.hpp). After "mark" on stdin gaps are counted anew, after "report" one
// line of JSON says what came of each; the end of stdin ends it.

#include <gst/gst.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/e2e/frame_check.hpp"
#include "tests/e2e/viewers.hpp"

namespace {

namespace json = boost::json;
using namespace tplink;
using e2e::Viewer;

std::string report(const std::vector<std::unique_ptr<Viewer>>& viewers) {
    json::array out;
    for (const auto& viewer : viewers) out.push_back(viewer->report());
    return json::serialize(out);
}

int run(int count, char** words) {
    const auto clip = sim::ClipLibrary().frames(words[1]);
    if (!clip) {
        std::cerr << "watch_streams: there is no clip " << words[1] << '\n';
        return 2;
    }
    const e2e::ClipIndex index(*clip);
    std::vector<std::unique_ptr<Viewer>> viewers;
    for (int i = 2; i < count; ++i) viewers.push_back(e2e::watch(words[i], index));
    std::cout << "watching" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "mark")
            for (const auto& viewer : viewers) viewer->mark();
        if (line == "report") std::cout << report(viewers) << std::endl;
    }
    return 0;
}

} // namespace

int main(int count, char** words) {
    if (count < 3) {
        std::cerr << "watch_streams CLIP URL...\n";
        return 2;
    }
    gst_init(nullptr, nullptr);
    try {
        return run(count, words);
    } catch (const std::exception& problem) {
        std::cerr << "watch_streams: " << problem.what() << '\n';
        return 1;
    }
}
