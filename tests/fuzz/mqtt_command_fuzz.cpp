// Input: topic, newline, payload. Whatever arrives, a command that is taken keeps the limits and can be answered in valid JSON.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/mqtt/commands.hpp"
#include "gateway/mqtt/json_text.hpp"
#include "gateway/mqtt/leftovers.hpp"

namespace {

using namespace tplink::gateway;

void require(bool holds) {
    if (!holds) std::abort();
}

void require_json(const boost::json::object& answer) {
    boost::json::error_code ec;
    boost::json::parse(to_text(answer), ec);
    require(!ec);
}

struct Checker {
    void operator()(const SetCommand& command) const {
        require(is_device_id(command.id));
        require(!command.assignments.empty() && command.assignments.size() <= kMaxAssignments);
        for (const auto& [property, value] : command.assignments) {
            require(!value.is_object() && !value.is_array() && !value.is_null());
            require_json(to_json(CommandResult{.id = command.id, .property = property, .value = value, .transaction = command.transaction}));
        }
    }
    void operator()(const GetCommand& command) const { require(is_device_id(command.id) && command.property.size() <= 64); }
    void operator()(const RawCommand& command) const { require(is_device_id(command.id) && !command.method.empty()); }
    void operator()(const RequestCommand& command) const {
        require(!command.what.empty());
        require_json(to_json(RequestAnswer{.what = command.what, .data = command.body, .transaction = command.transaction}));
    }
    void operator()(const BirthMessage&) const {}
    void operator()(const BadCommand& bad) const {
        require(!bad.sentence.empty());
        require_json(to_json(CommandResult{.code = "invalid_value", .message = bad.sentence, .transaction = bad.transaction}));
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Topics topics;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const auto newline = input.find('\n');
    const std::string_view topic = input.substr(0, newline);
    const std::string_view payload = newline == std::string_view::npos ? std::string_view() : input.substr(newline + 1);
    if (const auto parsed = topics.parse(topic)) std::visit(Checker{}, parse_payload(*parsed, payload));
    LeftoverCollector leftovers(topics, "tplink2mqtt");
    if (leftovers.take({std::string(topic), std::string(payload), true})) require(leftovers.ids().size() == 1);
    return 0;
}
