#pragma once
// Collects what earlier runs of this gateway left retained on the broker. Other gateways' messages are never taken in.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/mqtt/announcement.hpp"

namespace tplink::gateway {

class LeftoverCollector {
public:
    LeftoverCollector(const Topics& topics, std::string origin_name)
        : topics_(topics), origin_name_(std::move(origin_name)) {}

    /// A retained message that came after subscribing. True when it is ours.
    bool take(const Incoming& message);

    /// What there is for one device; it leaves the collection.
    Leftovers release(const std::string& id);

    std::vector<std::string> ids() const;

private:
    bool is_ours(std::string_view payload, std::map<std::string, std::string>& components) const;

    const Topics& topics_;
    std::string origin_name_;
    std::map<std::string, Leftovers> found_;
};

}  // namespace tplink::gateway
