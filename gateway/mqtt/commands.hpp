#pragma once
// From MQTT payloads to typed commands. Ranges are the rows' business; here only form and size are judged.

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/device/command.hpp"
#include "gateway/mqtt/topics.hpp"
#include "protocols/base/result.hpp"

namespace tplink::gateway {

/// One or several properties of one device. Each property gets exactly one result.
struct SetCommand {
    struct Assignment {
        std::string property;
        boost::json::value value;  ///< as sent: text from <prop>/set, any JSON scalar from <id>/set
    };
    std::string id;
    std::vector<Assignment> assignments;  ///< in the order sent, never empty
    boost::json::value transaction;       ///< null: none
};
struct GetCommand {
    std::string id, property;  ///< property empty: everything
};
struct RawCommand {  ///< {"method", "params"} for experts: nothing of it is judged here
    std::string id, method;
    boost::json::value params;       ///< null: none
    boost::json::value transaction;  ///< null: none
};
struct RequestCommand {
    std::string what;            ///< "device/remove"
    boost::json::object body;    ///< without `transaction`
    boost::json::value transaction;
};
struct BirthMessage {
    bool online = false;
};
/// The payload made no sense; nothing may reach a device. The publisher answers it.
struct BadCommand {
    ParsedTopic topic;
    std::string sentence;
    boost::json::value transaction;
};
using Command = std::variant<SetCommand, GetCommand, RawCommand, RequestCommand, BirthMessage, BadCommand>;

/// Largest payloads taken.
inline constexpr std::size_t kMaxPropertyBytes = 4096;
inline constexpr std::size_t kMaxDocumentBytes = 65536;
inline constexpr std::size_t kMaxAssignments = 64;

Command parse_payload(const ParsedTopic& topic, std::string_view payload);

struct CommandHandlers {  ///< called on the broker's thread; must only enqueue
    std::function<void(SetCommand)> set;
    std::function<void(GetCommand)> get;
    std::function<void(RequestCommand)> request;
    std::function<void(RawCommand)> raw{};
};

boost::json::object to_json(const CommandResult& result);

struct RequestAnswer {
    std::string what{};
    boost::json::value data{};
    std::string error{};  ///< empty: ok
    boost::json::value transaction{};
};
boost::json::object to_json(const RequestAnswer& answer);

}  // namespace tplink::gateway
