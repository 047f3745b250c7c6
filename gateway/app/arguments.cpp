#include "gateway/app/arguments.hpp"

#include <cstdlib>
#include <optional>

namespace tplink::gateway {
namespace {

using Command = Arguments::Command;

std::optional<Command> command_from(const std::string& word) {
    if (word == "run") return Command::run;
    if (word == "check") return Command::check;
    if (word == "discover") return Command::discover;
    if (word == "probe") return Command::probe;
    if (word == "dump") return Command::dump;
    if (word == "decode-pictures") return Command::decode_pictures;  // for the gateway itself, not in the help
    if (word == "--version") return Command::version;
    if (word == "--help" || word == "-h" || word == "help") return Command::help;
    return std::nullopt;
}

bool takes(Command command, const std::string& option) {
    if (option == "--config") return command == Command::run || command == Command::check || command == Command::probe || command == Command::dump ||
                                     command == Command::discover;
    if (option == "--json") return command == Command::discover || command == Command::probe;
    if (option == "--timeout" || option == "--target") return command == Command::discover;
    return false;
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& given) {
    std::vector<std::string> words;  // --option=value is --option value
    for (const std::string& word : given) {
        const auto equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        words.push_back(word.substr(0, equals));
        if (equals != std::string::npos) words.push_back(word.substr(equals + 1));
    }
    Arguments out;
    std::size_t i = 0;
    if (i < words.size()) {
        if (const auto command = command_from(words[i])) {
            out.command = *command;
            ++i;
        } else if (!words[i].starts_with("--")) {
            return fail(Errc::refused, "'" + words[i] + "' is no command; see tplink2mqtt --help");
        }
    }
    for (; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (!word.starts_with("--")) {
            const bool wanted = (out.command == Command::probe || out.command == Command::dump) && out.address.empty();
            if (!wanted) return fail(Errc::refused, "'" + word + "' is one word too many; see tplink2mqtt --help");
            out.address = word;
            continue;
        }
        if (!takes(out.command, word)) return fail(Errc::refused, "'" + word + "' is not an option here; see tplink2mqtt --help");
        if (word == "--json") {
            out.json = true;
            continue;
        }
        if (i + 1 >= words.size()) return fail(Errc::refused, "'" + word + "' needs a value; see tplink2mqtt --help");
        const std::string& value = words[++i];
        if (word == "--config") out.config = value;
        else if (word == "--target") out.targets.push_back(value);
        else {
            char* end = nullptr;
            const double seconds = std::strtod(value.c_str(), &end);
            if (*end != '\0' || !(seconds > 0) || seconds > 600) return fail(Errc::refused, "--timeout: expected seconds, at most 600");
            out.timeout = std::chrono::milliseconds(static_cast<long>(seconds * 1000));
        }
    }
    if ((out.command == Command::probe || out.command == Command::dump) && out.address.empty())
        return fail(Errc::refused, "the device's address is missing; see tplink2mqtt --help");
    return out;
}

std::string help_text() {
    return "tplink2mqtt - gateway between TP-Link cameras and plugs and Home Assistant\n"
           "\n"
           "tplink2mqtt [run] [--config FILE]      run the gateway\n"
           "tplink2mqtt check [--config FILE]      validate the configuration\n"
           "tplink2mqtt discover [--json] [--timeout S] [--target ADDRESS|CIDR]...\n"
           "                                       find devices\n"
           "tplink2mqtt probe ADDRESS [--config FILE] [--json]\n"
           "                                       log in and list what the device can do\n"
           "tplink2mqtt dump ADDRESS [--config FILE]\n"
           "                                       print the device document, identities masked\n"
           "tplink2mqtt --version | --help\n"
           "\n"
           "Without --config: ./tplink2mqtt.yaml, /etc/tplink2mqtt/tplink2mqtt.yaml, /data/options.json.\n"
           "Exit codes: 0 done, 1 failed, 2 bad configuration or arguments, 75 found nothing (try again).\n";
}

}  // namespace tplink::gateway
