// device_simulators: simulated TP-Link devices on loopback addresses, until SIGTERM or SIGINT.

#include <pthread.h>

#include <boost/json.hpp>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <system_error>

#include "tests/simulators/host/control_api.hpp"
#include "tests/simulators/host/hosted_device.hpp"

namespace {

namespace json = boost::json;
using namespace tplink;

constexpr const char* kUsage =
    "device_simulators (--config FILE.json | --demo) [--net 127.0.0] [--discovery-port N] [--control-port "
    "N]\n"
    "  --demo             one of each kind of the demo, at NET.21 and on; account demo@example.com / "
    "demo-password\n"
    "  --config           see tests/simulators/README.md\n"
    "  --net              first three numbers of the demo addresses\n"
    "  --discovery-port   UDP port of each device: 20002 unless given, 0 any, -1 none\n"
    "  --control-port     of the HTTP interface for tests, on 127.0.0.1: any unless given\n"
    "Prints one line of JSON when all devices listen.\n";

struct Arguments {
    std::string config_file;
    bool demo = false;
    std::string net = "127.0.0";
    std::optional<int> discovery_port;
    std::uint16_t control_port = 0;
};

template <class T> bool parse_number(std::string_view text, T& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Arguments> parse_arguments(std::span<char*> args) {
    Arguments out;
    for (std::size_t at = 0; at < args.size(); ++at) {
        const std::string_view name = args[at];
        if (name == "--demo") {
            out.demo = true;
            continue;
        }
        if (++at == args.size()) return std::nullopt;
        const std::string_view value = args[at];
        if (name == "--config") {
            out.config_file = value;
        } else if (name == "--net") {
            out.net = value;
        } else if (name == "--discovery-port") {
            if (int port = 0; parse_number(value, port)) out.discovery_port = port;
            if (!out.discovery_port) return std::nullopt;
        } else if (name != "--control-port" || !parse_number(value, out.control_port)) {
            return std::nullopt;
        }
    }
    if (out.demo == !out.config_file.empty()) return std::nullopt;
    return out;
}

Result<json::object> load_config(const Arguments& arguments) {
    if (arguments.demo) return sim::demo_config(arguments.net);
    std::ifstream in(arguments.config_file);
    if (!in) return fail(Errc::refused, arguments.config_file + ": cannot be read");
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    boost::system::error_code error;
    const json::value parsed = json::parse(text, error);
    if (error || !parsed.is_object()) return fail(Errc::refused, arguments.config_file + ": no JSON object");
    return parsed.get_object();
}

int run(const Arguments& arguments, const sigset_t& signals) {
    auto config = load_config(arguments);
    if (config && arguments.discovery_port) (*config)["discovery_port"] = *arguments.discovery_port;
    auto devices = config ? sim::build_devices(*config, sim::make_shares())
                          : tl::expected<std::vector<std::unique_ptr<sim::HostedDevice>>, Error>(
                                tl::unexpected(config.error()));
    if (!devices) {
        std::cerr << "device_simulators: " << devices.error().what << '\n';
        return 2;
    }
    json::array list;
    for (const auto& device : *devices) {
        device->start();
        list.push_back(device->summary());
    }
    const sim::ControlApi control(arguments.control_port, *devices);
    const json::object ready{{"control", "http://127.0.0.1:" + std::to_string(control.port())},
                             {"devices", list}};
    std::cout << json::serialize(ready) << std::endl;
    int signal = 0;
    sigwait(&signals, &signal);
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr); // before any thread starts: only sigwait takes them
    const auto arguments = parse_arguments(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    if (!arguments) {
        std::cerr << kUsage;
        return 2;
    }
    try {
        return run(*arguments, signals);
    } catch (const std::exception& error) {
        std::cerr << "device_simulators: " << error.what() << '\n';
        return 1;
    }
}
