// lint_capture PREFIX BASE < capture: what Home Assistant would refuse in a capture of a broker; one line per fault, exit 1.
// The capture: one JSON object per line, as mosquitto_sub -F %j writes it (topic, payload, retain).

#include <boost/json/parse.hpp>
#include <iostream>
#include <string>

#include "gateway/mqtt/topics.hpp"
#include "tests/gateway/mqtt/discovery_lint.hpp"

int main(int argc, char** argv) {
    namespace json = boost::json;
    using namespace tplink::gateway;
    if (argc != 3) {
        std::cerr << "lint_capture PREFIX BASE < capture.jsonl\n";
        return 2;
    }
    const std::string prefix = std::string(argv[1]) + "/";
    std::map<std::string, Message> discovery;
    std::map<std::string, std::string> states;
    for (std::string line; std::getline(std::cin, line);) {
        boost::system::error_code ec;
        const json::value parsed = json::parse(line, ec);
        if (ec || !parsed.is_object()) continue;  // a picture is no text
        const json::object& entry = parsed.get_object();
        const auto text = [&entry](const char* key) {
            const auto* value = entry.if_contains(key);
            return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
        };
        const bool retain = entry.contains("retain") && entry.at("retain") == json::value(1);
        if (text("topic").starts_with(prefix)) discovery[text("topic")] = {text("topic"), text("payload"), 1, retain};
        else states[text("topic")] = text("payload");
    }
    std::vector<Message> messages;
    for (auto& [topic, message] : discovery) messages.push_back(message);
    const auto faults = lint_discovery(messages, states, Topics(argv[2], argv[1]).subscriptions(), argv[1]);
    for (const std::string& fault : faults) std::cout << fault << '\n';
    std::cerr << messages.size() << " discovery messages, " << states.size() << " other topics, " << faults.size() << " faults\n";
    return faults.empty() && !messages.empty() ? 0 : 1;
}
