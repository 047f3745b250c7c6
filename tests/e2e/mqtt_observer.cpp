#include "tests/e2e/mqtt_observer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/wait.h>

#include "tests/media/wait_until.hpp"

namespace tplink::e2e {
namespace {

namespace json = boost::json;

std::optional<Seen> parse_line(const std::string& line) {
    json::error_code ec;
    const json::value value = json::parse(line, ec);
    if (ec || !value.is_object()) return {};
    const auto& object = value.get_object();
    const auto text = [&](const char* key) {
        const auto* member = object.if_contains(key);
        return member != nullptr && member->is_string() ? std::string(member->get_string()) : std::string();
    };
    const auto number = [&](const char* key) {
        const auto* member = object.if_contains(key);
        return member != nullptr && member->is_int64() ? member->get_int64() : 0;
    };
    return Seen{text("topic"), text("payload"), number("retain") != 0, static_cast<int>(number("qos"))};
}

}  // namespace

Observer::Observer(const Mosquitto& broker, std::string username, std::string password)
    : broker_(broker), username_(std::move(username)), password_(std::move(password)),
      capture_(broker.folder() / "capture.jsonl") {
    std::ofstream(capture_).close();
    auto words = command("mosquitto_sub");
    words.insert(words.end(), {"-V", "5", "--retain-as-published", "-t", "#", "-q", "1", "-F", "%j"});
    pid_ = spawn(words, capture_);
    // Subscribed when its own message comes back.
    const bool ready = wait_until([&] {
        publish("observer/ready", "x");
        return last("observer/ready").has_value();
    });
    if (!ready) throw std::runtime_error("mosquitto_sub hears nothing");
}

Observer::~Observer() {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> Observer::command(const char* program) const {
    std::vector<std::string> words{program, "-h", "127.0.0.1", "-p", std::to_string(broker_.port())};
    if (!username_.empty()) words.insert(words.end(), {"-u", username_, "-P", password_});
    return words;
}

void Observer::read_more() {
    std::ifstream file(capture_, std::ios::binary);
    file.seekg(position_);
    const std::string fresh((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    position_ += static_cast<std::streamoff>(fresh.size());
    partial_ += fresh;
    for (auto end = partial_.find('\n'); end != std::string::npos; end = partial_.find('\n')) {
        if (auto seen = parse_line(partial_.substr(0, end))) messages_.push_back(std::move(*seen));
        partial_.erase(0, end + 1);
    }
}

const std::vector<Seen>& Observer::messages() {
    read_more();
    return messages_;
}

std::optional<std::string> Observer::last(const std::string& topic) {
    read_more();
    for (auto it = messages_.rbegin(); it != messages_.rend(); ++it)
        if (it->topic == topic) return it->payload;
    return {};
}

bool Observer::wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
    return media::test::wait_until(condition, limit);
}

bool Observer::wait_for(const std::string& topic, const std::string& payload, std::chrono::milliseconds limit) {
    return wait_until([&] { return last(topic) == payload; }, limit);
}

void Observer::publish(const std::string& topic, const std::string& payload, bool retain) {
    auto words = command("mosquitto_pub");
    words.insert(words.end(), {"-q", "1", "-t", topic, "-m", payload});
    if (retain) words.emplace_back("-r");
    const pid_t pid = spawn(words, broker_.folder() / "pub.log");
    ::waitpid(pid, nullptr, 0);
}

std::map<std::string, std::string> Observer::retained(const std::string& filter) {
    const auto file_name = broker_.folder() / "retained.jsonl";
    std::filesystem::remove(file_name);
    auto words = command("mosquitto_sub");
    words.insert(words.end(), {"-t", filter, "--retained-only", "-W", "1", "-F", "%j"});
    const pid_t pid = spawn(words, file_name);
    ::waitpid(pid, nullptr, 0);
    std::map<std::string, std::string> out;
    std::ifstream file(file_name);
    for (std::string line; std::getline(file, line);)
        if (auto seen = parse_line(line)) out[seen->topic] = seen->payload;
    return out;
}

}  // namespace tplink::e2e
