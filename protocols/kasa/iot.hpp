#pragma once
// The IOT language of Kasa devices: module and command, several in one request. Pure. Source: kasa.md, "IOT".

#include <span>
#include <vector>

#include "protocols/session.hpp"

namespace tplink::kasa {

/// "emeter.get_realtime": the module and, behind the last dot, the command.
struct IotName {
    std::string_view module;
    std::string_view command;
};
/// errors: unsupported when there is no dot in it, so that a request of another language is not sent.
Result<IotName> split_name(std::string_view method);

/// How many of `requests`, from the first on, fit into one: one child, no command twice, at most `most`.
std::size_t mergeable(std::span<const Request> requests, std::size_t most);

/// {"system":{"get_sysinfo":{}},"emeter":{"get_realtime":{}}}; for a child with its context.
/// child_id: as the device wants it; empty: the device itself. Requests without a valid name are left out.
json::object iot_request(std::span<const Request> requests, std::string_view child_id);

/// What the reply says to `request`: the command's object without err_code. A module the device does not know
/// may stand for all its commands. The object is taken out of `reply`. errors: unsupported, refused; malformed when it is left out.
Answer iot_answer(const Request& request, json::object& reply);

/// The id of a child as commands name it: some firmwares list the two digits behind the device's id only.
std::string full_child_id(std::string_view child, std::string_view device_id);

/// sysinfo of get_sysinfo's result; Kasa cameras have it one level deeper.
const json::object& sysinfo_of(const json::object& get_sysinfo);

/// Who the device is, from sysinfo. Components: its kind ("plug", "strip", "switch", "dimmer", "bulb",
/// "light_strip", "camera"), each letter group of `feature` ("TIM", "ENE"), and "dimmable", "color",
/// "color_temp" of bulbs.
Identity identity_of_sysinfo(const json::object& sysinfo);

} // namespace tplink::kasa
