#include "gateway/diagnostics/flight_recorder.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "gateway/mqtt/time_text.hpp"

namespace tplink::gateway {
namespace {

using Line = FlightRecorder::Line;
constexpr std::size_t kMethodsNamed = 4;

std::string cut(std::string text) {
    if (text.size() > FlightRecorder::kMaxBytesPerLine) text.replace(FlightRecorder::kMaxBytesPerLine, std::string::npos, "...");
    return text;
}

/// Writes one line when it goes, with the time it took.
class Scribe {
public:
    Scribe(FlightRecorder& recorder, std::string device, std::string what) : recorder_(recorder), device_(std::move(device)) { line_.what = std::move(what); }
    ~Scribe() {
        line_.duration_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun_).count();
        recorder_.put(device_, std::move(line_));
    }
    Scribe(const Scribe&) = delete;
    Scribe& operator=(const Scribe&) = delete;
    Line& line() { return line_; }
    void failed(const Error& error) {
        line_.ok = false;
        line_.outcome = cut(std::string(to_string(error.code)) + ": " + error.what);
    }

private:
    FlightRecorder& recorder_;
    std::string device_;
    Line line_{.time = std::chrono::system_clock::now(), .what = {}, .outcome = "ok", .sent = {}, .answered = {}};
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

std::string names(std::span<const Request> requests) {
    std::string out = "query " + std::to_string(requests.size()) + ":";
    for (std::size_t i = 0; i < requests.size() && i < kMethodsNamed; ++i) out += " " + requests[i].method;
    return requests.size() > kMethodsNamed ? out + " ..." : out;
}

class RecordingSession final : public Session {
public:
    RecordingSession(std::unique_ptr<Session> session, FlightRecorder& recorder, std::string device)
        : session_(std::move(session)), recorder_(recorder), device_(std::move(device)) {}

    Result<Identity> identify() override {
        Scribe scribe(recorder_, device_, "identify");
        auto result = session_->identify();
        if (!result) scribe.failed(result.error());
        else if (!result->mac.empty() && result->mac != device_) recorder_.rename(std::exchange(device_, result->mac), result->mac);
        return result;
    }
    Result<std::vector<Answer>> query(std::span<const Request> requests) override {
        Scribe scribe(recorder_, device_, names(requests));
        auto result = session_->query(requests);
        if (!result) {
            scribe.failed(result.error());
            return result;
        }
        for (const Answer& answer : *result)
            if (!answer.result) {
                scribe.line().outcome = cut(answer.method + ": " + answer.result.error().what);
                break;
            }
        return result;
    }
    Result<json::value> call(const Request& request) override {
        Scribe scribe(recorder_, device_, "call " + request.method);
        scribe.line().sent = cut(json::serialize(request.params));
        auto result = session_->call(request);
        if (result) scribe.line().answered = cut(json::serialize(*result));
        else scribe.failed(result.error());
        return result;
    }
    std::string_view transport() const override { return session_->transport(); }
    std::optional<Facts> facts() const override { return session_->facts(); }
    void cancel() override { session_->cancel(); }

private:
    std::unique_ptr<Session> session_;
    FlightRecorder& recorder_;
    std::string device_;
};

class RecordingOpener final : public Opener {
public:
    RecordingOpener(std::unique_ptr<Opener> opener, FlightRecorder& recorder) : opener_(std::move(opener)), recorder_(recorder) {}

    Result<Opened> open(const OpenRequest& request) override {
        const std::string device = request.learned.mac.empty() ? request.host : request.learned.mac;
        Scribe scribe(recorder_, device, "login at " + request.host);
        auto opened = opener_->open(request);
        if (!opened) {
            scribe.failed(opened.error());
            return opened;
        }
        scribe.line().outcome = opened->learned.transport;
        opened->session = std::make_unique<RecordingSession>(std::move(opened->session), recorder_, opened->learned.mac.empty() ? device : opened->learned.mac);
        return opened;
    }
    void cancel() override { opener_->cancel(); }

private:
    std::unique_ptr<Opener> opener_;
    FlightRecorder& recorder_;
};

}  // namespace

void FlightRecorder::put(const std::string& device, Line line) {
    const std::lock_guard lock(mutex_);
    if (!devices_.contains(device) && devices_.size() >= kDevices) devices_.erase(devices_.begin());
    auto& lines = devices_[device];
    lines.push_back(std::move(line));
    if (lines.size() > kLinesPerDevice) lines.pop_front();
}

std::deque<Line> FlightRecorder::lines(const std::string& device) const {
    const std::lock_guard lock(mutex_);
    const auto at = devices_.find(device);
    return at == devices_.end() ? std::deque<Line>() : at->second;
}

void FlightRecorder::rename(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    auto lines = devices_.extract(from);
    if (lines.empty()) return;
    auto& target = devices_[to];
    for (Line& line : lines.mapped()) target.push_back(std::move(line));
    while (target.size() > kLinesPerDevice) target.pop_front();
}

void FlightRecorder::forget(const std::string& device) {
    const std::lock_guard lock(mutex_);
    devices_.erase(device);
}

boost::json::array to_json(const std::deque<Line>& lines) {
    boost::json::array out;
    for (const Line& line : lines) {
        boost::json::object entry{{"time", iso_time(line.time)}, {"what", line.what}, {"ok", line.ok}, {"outcome", line.outcome},
                                  {"duration_ms", static_cast<std::int64_t>(line.duration_ms + 0.5)}};
        if (!line.sent.empty()) entry["sent"] = line.sent;
        if (!line.answered.empty()) entry["answered"] = line.answered;
        out.push_back(std::move(entry));
    }
    return out;
}

std::unique_ptr<Opener> make_recording_opener(std::unique_ptr<Opener> opener, FlightRecorder& recorder) {
    return std::make_unique<RecordingOpener>(std::move(opener), recorder);
}

}  // namespace tplink::gateway
