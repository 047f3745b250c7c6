#include "tests/simulators/onvif/onvif_service.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <ctime>

#include "protocols/base/bytes.hpp"
#include "tests/simulators/crypto.hpp"
#include "tests/simulators/onvif/xml_text.hpp"

namespace tplink::sim {

namespace json = boost::json;

namespace {

constexpr std::int64_t kTolerance_s = 300; ///< how old a token may be

std::string envelope(const std::string& body) {
    return R"(<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope")"
           R"( xmlns:wsa5="http://www.w3.org/2005/08/addressing" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2")"
           R"( xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl")"
           R"( xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:tns1="http://www.onvif.org/ver10/topics"><SOAP-ENV:Body>)" +
           body + "</SOAP-ENV:Body></SOAP-ENV:Envelope>";
}

HttpReply soap(const std::string& body) {
    return {.body = envelope(body), .content_type = "application/soap+xml; charset=utf-8"};
}

HttpReply fault(int status, const std::string& subcode, const std::string& reason) {
    HttpReply reply = soap(
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</"
        "SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>ter:" +
        subcode +
        R"(</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">)" +
        reason + "</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>");
    reply.status = status;
    return reply;
}

/// "PT10M", "PT5S", "PT1H" in seconds; 60 for anything else.
std::int64_t duration_s(std::string_view text) {
    std::int64_t count = 0;
    if (!text.starts_with("PT") || text.size() < 4) return 60;
    const auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), count);
    if (error != std::errc{} || end == text.data() + text.size()) return 60;
    return *end == 'H' ? count * 3600 : *end == 'M' ? count * 60 : count;
}

std::optional<std::int64_t> utc_seconds(const std::string& text) {
    std::tm parts{};
    if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return std::nullopt;
    return timegm(&parts);
}

struct Topic {
    std::string_view kind;
    std::string_view topic;
    std::string_view item;
};
constexpr auto kTopics =
    std::to_array<Topic>({{"motion", "tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion"},
                          {"person", "tns1:RuleEngine/PeopleDetector/People", "IsPeople"},
                          {"vehicle", "tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent", "IsVehicle"},
                          {"pet", "tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent", "IsPet"},
                          {"line_crossing", "tns1:RuleEngine/LineCrossDetector/LineCross", "IsLineCross"},
                          {"intrusion", "tns1:RuleEngine/IntrusionDetector/Intrusion", "IsIntrusion"},
                          {"tamper", "tns1:RuleEngine/TamperDetector/Tamper", "IsTamper"},
                          {"baby_cry", "tns1:RuleEngine/BabyCryDetector/BabyCry", "IsBabyCry"}});
constexpr Topic kOther{"", "tns1:RuleEngine/TPSmartEventDetector/TPSmartEvent", "IsTPSmartEvent"};

/// POSTs to http://a.b.c.d:port/path without caring for the answer; false: it did not arrive.
bool post_to(const std::string& url, const std::string& body) {
    if (!url.starts_with("http://")) return false;
    const std::string rest = url.substr(7);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string host = rest.substr(0, slash);
    const std::size_t colon = host.find(':');
    int port = 80;
    if (colon != std::string::npos) std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, host.substr(0, colon).c_str(), &to.sin_addr) != 1) return false;
    if ((ntohl(to.sin_addr.s_addr) >> 24) != 127) return false; // simulators speak to this machine only
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{2, 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bool sent = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    const std::string bytes = "POST " + (slash < rest.size() ? rest.substr(slash) : "/") +
                              " HTTP/1.1\r\nHost: " + host +
                              "\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    sent = sent && ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    std::array<char, 256> answer{};
    if (sent) sent = ::recv(fd, answer.data(), answer.size(), 0) > 0;
    ::close(fd);
    return sent;
}

} // namespace

std::string onvif_digest(std::string_view nonce_base64, std::string_view created, std::string_view password) {
    const auto nonce = base64_decode(nonce_base64);
    if (!nonce) return {};
    return base64_encode(sha1(concat({*nonce, as_bytes(created), as_bytes(password)})));
}

namespace {

class OnvifPort final : public Port {
public:
    OnvifPort(OnvifService& service, HttpServerOptions options, FaultSwitch& faults)
        : service_(service),
          http_(
              std::move(options), [&service](const HttpRequest& request) { return service.handle(request); },
              faults) {}
    ~OnvifPort() override { stop(); }
    void start() override {
        http_.start();
        service_.set_port(http_.number());
    }
    void stop() override {
        service_.shut_down();
        http_.stop();
    }
    std::uint16_t number() const override { return http_.number(); }
    bool listening() const override { return http_.listening(); }
    std::size_t connections_open() const override { return http_.connections_open(); }
    void kill() override {
        service_.shut_down();
        http_.kill();
    }
    void revive(std::chrono::milliseconds after) override {
        service_.set_port(http_.number());
        http_.revive(after);
    }

private:
    OnvifService& service_;
    HttpServer http_;
};

} // namespace

std::unique_ptr<Port> open_onvif_port(OnvifService& service, HttpServerOptions options, FaultSwitch& faults) {
    auto port = std::make_unique<OnvifPort>(service, std::move(options), faults);
    port->start();
    return port;
}

OnvifService::OnvifService(OnvifOptions options, World world)
    : options_(std::move(options)), world_(std::move(world)) {}

OnvifService::~OnvifService() { shut_down(); }

void OnvifService::shut_down() {
    const std::lock_guard lock(mutex_);
    down_ = true;
    news_.notify_all();
}

void OnvifService::set_port(std::uint16_t port) {
    const std::lock_guard lock(mutex_);
    options_.port = port;
    down_ = false;
}

std::string OnvifService::utc(std::int64_t unix_s) const {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

std::string OnvifService::base_url() const {
    return "http://" + options_.address + ":" + std::to_string(options_.port);
}

bool OnvifService::authorized(const std::string& body) const {
    const std::string created = xml_text(body, "Created");
    const auto made = utc_seconds(created);
    if (!made || std::abs(*made - now_s()) > kTolerance_s) return false; // by the camera's clock
    return xml_text(body, "Username") == options_.username &&
           xml_text(body, "Password") == onvif_digest(xml_text(body, "Nonce"), created, options_.password);
}

HttpReply OnvifService::handle(const HttpRequest& request) {
    if (request.method != "POST") return {.status = 404, .content_type = "text/html"};
    return run(request);
}

HttpReply OnvifService::run(const HttpRequest& request) {
    const std::string& body = request.body;
    const std::string path(request.path());
    if (xml_has(body, "GetSystemDateAndTime")) {
        const auto time = static_cast<std::time_t>(now_s());
        std::tm now{};
        gmtime_r(&time, &now);
        const auto tag = [](const char* name, int value) {
            return std::string("<tt:") + name + ">" + std::to_string(value) + "</tt:" + name + ">";
        };
        return soap("<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</"
                    "tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
                    "<tt:UTCDateTime><tt:Time>" +
                    tag("Hour", now.tm_hour) + tag("Minute", now.tm_min) + tag("Second", now.tm_sec) +
                    "</tt:Time><tt:Date>" + tag("Year", now.tm_year + 1900) + tag("Month", now.tm_mon + 1) +
                    tag("Day", now.tm_mday) +
                    "</tt:Date></tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>");
    }
    std::unique_lock lock(mutex_);
    if (!authorized(body)) {
        ++refusals_;
        return fault(400, "NotAuthorized", "Sender not Authorized");
    }
    if (xml_has(body, "CreatePullPointSubscription") || xml_has(body, "Subscribe")) return create(body);
    if (xml_has(body, "GetEventProperties"))
        return soap("<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/"
                    "ver10/topics/topicns.xml</tev:TopicNamespaceLocation>"
                    "<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet></tev:GetEventPropertiesResponse>");
    const auto found = subscriptions_.find(path);
    if (found == subscriptions_.end() || found->second.ends <= world_.now())
        return fault(400, "InvalidArgVal", "no such subscription");
    if (xml_has(body, "PullMessages")) {
        lock.unlock();
        return pull(path, body);
    }
    if (xml_has(body, "Renew")) {
        ++renewals_;
        const std::int64_t seconds = duration_s(xml_text(body, "TerminationTime"));
        found->second.ends = world_.now() + std::chrono::seconds(seconds);
        return soap("<wsnt:RenewResponse><wsnt:TerminationTime>" + utc(now_s() + seconds) +
                    "</wsnt:TerminationTime><wsnt:CurrentTime>" + utc(now_s()) +
                    "</wsnt:CurrentTime></wsnt:RenewResponse>");
    }
    if (xml_has(body, "Unsubscribe")) {
        subscriptions_.erase(found);
        news_.notify_all();
        return soap("<wsnt:UnsubscribeResponse/>");
    }
    return fault(400, "ActionNotSupported", "optional action not implemented");
}

std::string OnvifService::subscribed(const std::string& tag, const std::string& path,
                                     std::int64_t seconds) const {
    return "<" + tag + "Response><" + (tag.starts_with("tev") ? "tev" : "wsnt") +
           ":SubscriptionReference><wsa5:Address>" + base_url() + path + "</wsa5:Address></" +
           (tag.starts_with("tev") ? "tev" : "wsnt") + ":SubscriptionReference><wsnt:CurrentTime>" +
           utc(now_s()) + "</wsnt:CurrentTime><wsnt:TerminationTime>" + utc(now_s() + seconds) +
           "</wsnt:TerminationTime></" + tag + "Response>";
}

HttpReply OnvifService::create(const std::string& body) {
    const bool push = !xml_has(body, "CreatePullPointSubscription");
    const std::int64_t seconds = duration_s(xml_text(body, "InitialTerminationTime"));
    const std::string path = "/event-" + std::to_string(next_++) + "_" + std::to_string(options_.port);
    ++created_;
    subscriptions_[path] = {.ends = world_.now() + std::chrono::seconds(seconds),
                            .messages = {},
                            .push_to = push ? xml_text(body, "Address") : ""};
    return soap(subscribed(push ? "wsnt:Subscribe" : "tev:CreatePullPointSubscription", path, seconds));
}

HttpReply OnvifService::pull(const std::string& path, const std::string& body) {
    const auto wait = std::min<std::chrono::milliseconds>(
        std::chrono::seconds(duration_s(xml_text(body, "Timeout"))), options_.longest_poll);
    std::size_t limit = 100;
    const std::string wanted = xml_text(body, "MessageLimit");
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), limit);
    std::unique_lock lock(mutex_);
    ++pulls_;
    if (const auto first = subscriptions_.find(path);
        first != subscriptions_.end() && first->second.initial && !options_.delivers_nothing) {
        first->second.initial = false;
        first->second.messages.push_front(message({.kind = "motion", .active = false}, "Initialized"));
    }
    news_.wait_for(lock, wait, [&] {
        const auto found = subscriptions_.find(path);
        return down_ || found == subscriptions_.end() || !found->second.messages.empty();
    });
    std::string messages;
    const auto found = subscriptions_.find(path);
    if (found == subscriptions_.end()) return fault(400, "InvalidArgVal", "no such subscription");
    for (std::size_t n = 0; n < limit && !found->second.messages.empty(); ++n) {
        messages += found->second.messages.front();
        found->second.messages.pop_front();
    }
    return soap("<tev:PullMessagesResponse><tev:CurrentTime>" + utc(now_s()) +
                "</tev:CurrentTime><tev:TerminationTime>" + utc(now_s() + 600) + "</tev:TerminationTime>" +
                messages + "</tev:PullMessagesResponse>");
}

std::string OnvifService::message(const CameraEvent& event, std::string_view operation) const {
    const auto known = std::ranges::find(kTopics, std::string_view(event.kind), &Topic::kind);
    const Topic& topic = known == kTopics.end() ? kOther : *known;
    return R"(<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">)" +
           std::string(topic.topic) + R"(</wsnt:Topic><wsnt:Message><tt:Message UtcTime=")" + utc(now_s()) +
           R"(" PropertyOperation=")" + std::string(operation) +
           R"("><tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" Value="vsconf"/><tt:SimpleItem Name="VideoAnalyticsConfigurationToken" Value="VideoAnalyticsToken"/>)"
           R"(<tt:SimpleItem Name="Rule" Value="MyRule"/></tt:Source><tt:Data><tt:SimpleItem Name=")" +
           std::string(topic.item) + R"(" Value=")" + (event.active ? "true" : "false") +
           R"("/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>)";
}

void OnvifService::happen(const CameraEvent& event) {
    std::vector<std::string> callbacks;
    std::string text;
    {
        const std::lock_guard lock(mutex_);
        if (event.kind == "ring" || (!event.active && options_.never_sends_false)) return;
        text = message(event, "Changed");
        for (auto& [path, subscription] : subscriptions_) {
            if (subscription.ends <= world_.now()) continue;
            if (!subscription.push_to.empty()) {
                callbacks.push_back(subscription.push_to);
                ++pushes_;
            } else if (!options_.delivers_nothing) {
                subscription.messages.push_back(text);
            }
        }
        news_.notify_all();
    }
    for (const std::string& url : callbacks)
        post_to(url, envelope("<wsnt:Notify>" + text + "</wsnt:Notify>"));
}

Result<void> OnvifService::set_state(const json::object& changes) {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : changes)
        if ((key != "never_sends_false" && key != "delivers_nothing" && key != "forget_subscriptions") ||
            !value.is_bool())
            return fail(Errc::refused, "onvif: " + std::string(key) + ": unknown, or of another type");
    if (const json::value* value = changes.if_contains("never_sends_false"))
        options_.never_sends_false = value->get_bool();
    if (const json::value* value = changes.if_contains("delivers_nothing"))
        options_.delivers_nothing = value->get_bool();
    if (const json::value* value = changes.if_contains("forget_subscriptions"); value && value->get_bool()) {
        subscriptions_.clear();
        news_.notify_all();
    }
    return {};
}

json::object OnvifService::state() const {
    const std::lock_guard lock(mutex_);
    return {{"port", options_.port}, {"subscriptions", subscriptions_.size()},
            {"created", created_},   {"pulls", pulls_},
            {"renewals", renewals_}, {"pushes", pushes_},
            {"refusals", refusals_}};
}

} // namespace tplink::sim
