#include "protocols/onvif/notification.hpp"

#include <iterator>

#include "protocols/base/bytes.hpp"

namespace tplink::onvif {
namespace {

constexpr std::size_t kMaxNotifications = 500;

struct Word {
    std::string_view item;  ///< lower case
    std::string_view kind;
};
// source: events.md. The catch-all counts as motion: something moved.
constexpr Word kItems[] = {
    {"ismotion", "motion"},
    {"ispeople", "person"},
    {"isperson", "person"},
    {"ispersondetection", "person"},
    {"isvehicle", "vehicle"},
    {"isvehicledetection", "vehicle"},
    {"ispet", "pet"},
    {"islinecross", "line_crossing"},
    {"islinecrossingdetection", "line_crossing"},
    {"isintrusion", "intrusion"},
    {"isintrusiondetection", "intrusion"},
    {"istamper", "tamper"},
    {"isbabycry", "baby_cry"},
    {"issound", "baby_cry"},
    {"istpsmartevent", "motion"},
};
// For items that are only called State: the end of the topic.
constexpr Word kTopics[] = {
    {"/motion", "motion"},         {"/people", "person"},     {"/ispersondetection", "person"}, {"/isintrusiondetection", "intrusion"},
    {"/intrusion", "intrusion"},   {"/linecross", "line_crossing"}, {"/islinecrossingdetection", "line_crossing"},
    {"/tamper", "tamper"},         {"/babycry", "baby_cry"},  {"/detectedsound", "baby_cry"},      {"/istpsmartevent", "motion"},
};

std::string_view kind_of(std::string_view item, std::string_view topic) {
    const std::string name = ascii_lower(item);
    for (const Word& word : kItems)
        if (name == word.item) return word.kind;
    if (name != "state") return {};
    const std::string end = ascii_lower(topic);
    for (const Word& word : kTopics)
        if (end.ends_with(word.item)) return word.kind;
    return {};
}

}  // namespace

std::vector<Notification> notifications(const Element& body) {
    std::vector<Notification> out;
    std::vector<const Element*> open{&body};
    while (!open.empty() && out.size() < kMaxNotifications) {
        const Element* at = open.back();
        open.pop_back();
        if (at->name != "NotificationMessage") {
            for (auto child = at->children.rbegin(); child != at->children.rend(); ++child) open.push_back(&*child);
            continue;
        }
        Notification& notification = out.emplace_back();
        notification.topic = at->text_of("Topic");
        const Element* outer = at->find("Message");
        const Element* message = outer == nullptr ? nullptr : outer->find("Message");
        if (message == nullptr) message = outer;
        if (message == nullptr) continue;
        notification.initialized = message->attribute("PropertyOperation") == "Initialized";
        if (const Element* data = message->find("Data"))
            for (const Element* item : data->all("SimpleItem"))
                notification.items.push_back({std::string(item->attribute("Name")), std::string(item->attribute("Value"))});
    }
    return out;
}

std::vector<Detection> detections(const Notification& notification) {
    std::vector<Detection> out;
    if (notification.initialized) return out;
    for (const Item& item : notification.items) {
        const std::string_view kind = kind_of(item.name, notification.topic);
        const std::string value = ascii_lower(item.value);
        if (!kind.empty()) out.push_back({kind, value == "true" || value == "1"});
    }
    return out;
}

}  // namespace tplink::onvif
