#pragma once
// What an ONVIF camera reports, and what it means.

#include <string>
#include <string_view>
#include <vector>

#include "protocols/onvif/soap.hpp"

namespace tplink::onvif {

struct Item {
    std::string name, value;
};

struct Notification {
    std::string topic;         ///< "tns1:RuleEngine/CellMotionDetector/Motion"
    bool initialized = false;  ///< the state at the time of subscription, not something that happened
    std::vector<Item> items;   ///< SimpleItems of Data
};

/// Everything a PullMessages reply carries, at most 500. What is not a notification is skipped.
std::vector<Notification> notifications(const Element& body);

/// One thing seen or no longer seen.
struct Detection {
    std::string_view kind;  ///< "motion", "person", "vehicle", "pet", "line_crossing", "intrusion", "tamper", "baby_cry"
    bool active = false;
};

/// By the name of the data item: firmware moves items between topics. The topic counts only for items called State.
/// Initialized notifications say nothing.
std::vector<Detection> detections(const Notification& notification);

}  // namespace tplink::onvif
