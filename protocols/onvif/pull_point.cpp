#include "protocols/onvif/pull_point.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <utility>

namespace tplink::onvif {
namespace {

constexpr std::string_view kDevice = "/onvif/device_service";
constexpr std::string_view kService = "/onvif/service";
constexpr std::string_view kEvents = "http://www.onvif.org/ver10/events/wsdl/";
constexpr std::string_view kNotify = "http://docs.oasis-open.org/wsn/bw-2/";
constexpr std::chrono::minutes kTerm{10};
constexpr std::chrono::minutes kRenewAfter{8};
constexpr std::chrono::milliseconds kReplyTimeout{9000};  // beyond the 5 s of a pull
constexpr std::chrono::milliseconds kFarewell{500};
constexpr int kDropsBeforeNews = 3;  // cameras drop long polls; that many in a row is an outage

std::string utc_text(std::int64_t unix_s) {
    const std::time_t time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    gmtime_r(&time, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string path_of(std::string_view address) {
    const auto scheme = address.find("://");
    if (scheme == std::string_view::npos) return address.starts_with('/') ? std::string(address) : std::string();
    const auto slash = address.find('/', scheme + 3);
    return slash == std::string_view::npos ? std::string() : std::string(address.substr(slash));
}

PullPoint::PullPoint(PullPointOptions options, const Clock& clock, RandomBytes& random)
    : options_(std::move(options)), clock_(clock), random_(random), client_(make_client(kReplyTimeout)) {}

std::unique_ptr<net::HttpClient> PullPoint::make_client(std::chrono::milliseconds timeout) const {
    net::HttpOptions http;
    http.host = options_.host;
    http.port = options_.port;
    http.reply_timeout = timeout;
    http.connect_timeout = std::min<std::chrono::milliseconds>(http.connect_timeout, timeout);
    http.max_body = 1U << 20;
    return options_.make_client(http);
}

PullPoint::~PullPoint() = default;

void PullPoint::cancel() {
    const std::lock_guard lock(client_mutex_);
    client_->cancel();
}

std::string PullPoint::address(const std::string& path) const {
    return "http://" + options_.host + ":" + std::to_string(options_.port) + path;
}

Result<Element> PullPoint::call(const std::string& path, std::string action, std::string body) {
    Call call;
    call.body = std::move(body);
    if (!action.empty()) {
        const Buffer nonce = random_.bytes(20);
        const auto now = std::chrono::system_clock::to_time_t(clock_.wall()) + offset_.count();
        call.security = security_header(options_.account, nonce, utc_text(now));
        call.to = address(path);
        call.action = std::move(action);
    }
    net::HttpRequest request{.path = path, .body = envelope(call), .content_type = "application/soap+xml; charset=utf-8", .headers = {}};
    const net::HttpResponse response = TRY(client_->send(request));
    auto reply = parse_reply(response.body);
    if (!reply && reply.error().code == Errc::malformed && (response.status == 401 || response.status == 403))
        return fail(Errc::auth_failed, "ONVIF: the camera account was refused");
    return reply;
}

/// The token must carry the camera's time: many run minutes or hours off.
Result<void> PullPoint::read_clock() {
    const Element body = TRY(call(std::string(kDevice), "", "<GetSystemDateAndTime xmlns=\"http://www.onvif.org/ver10/device/wsdl\"/>"));
    const Element* utc = body.find("UTCDateTime");
    if (utc == nullptr) return {};  // then ours is as good as any
    std::tm parts{};
    int* const fields[] = {&parts.tm_year, &parts.tm_mon, &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec};
    const std::string_view names[] = {"Year", "Month", "Day", "Hour", "Minute", "Second"};
    for (std::size_t i = 0; i < std::size(names); ++i) {
        const auto value = number(utc->text_of(names[i]));
        if (!value || *value < 0 || *value > 9999) return {};
        *fields[i] = *value;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    const auto theirs = timegm(&parts);
    offset_ = std::chrono::seconds(theirs - std::chrono::system_clock::to_time_t(clock_.wall()));
    return {};
}

Result<void> PullPoint::subscribe() {
    TRY_VOID(read_clock());
    const Element body = TRY(call(std::string(kService), std::string(kEvents) + "EventPortType/CreatePullPointSubscriptionRequest",
                                  "<CreatePullPointSubscription xmlns=\"http://www.onvif.org/ver10/events/wsdl\"><InitialTerminationTime>PT" +
                                      std::to_string(kTerm.count()) + "M</InitialTerminationTime></CreatePullPointSubscription>"));
    const Element* reference = body.find("SubscriptionReference");
    // Cameras name addresses of networks they are not in: only the path is theirs to say.
    path_ = reference == nullptr ? std::string() : path_of(reference->text_of("Address"));
    if (path_.empty()) return fail(Errc::malformed, "ONVIF: the camera named no subscription");
    renew_at_ = clock_.now() + kRenewAfter;
    drops_ = 0;
    delivered_ = false;
    return {};
}

Result<void> PullPoint::renew() {
    TRY_VOID(call(path_, std::string(kNotify) + "SubscriptionManager/RenewRequest",
                  "<Renew xmlns=\"http://docs.oasis-open.org/wsn/b-2\"><TerminationTime>PT" + std::to_string(kTerm.count()) + "M</TerminationTime></Renew>"));
    renew_at_ = clock_.now() + kRenewAfter;
    return {};
}

Result<std::vector<Notification>> PullPoint::pull() {
    if (path_.empty()) TRY_VOID(subscribe());
    if (clock_.now() >= renew_at_) {
        if (const auto renewed = renew(); !renewed) {
            path_.clear();
            if (renewed.error().code == Errc::auth_failed) return tl::unexpected(renewed.error());
            TRY_VOID(subscribe());
        }
    }
    const auto reply = call(path_, std::string(kEvents) + "PullPointSubscription/PullMessagesRequest",
                            "<PullMessages xmlns=\"http://www.onvif.org/ver10/events/wsdl\"><Timeout>PT5S</Timeout>"
                            "<MessageLimit>100</MessageLimit></PullMessages>");
    if (reply) {
        drops_ = 0;
        delivered_ = true;
        return notifications(*reply);
    }
    const Errc code = reply.error().code;
    if (code == Errc::cancelled) return tl::unexpected(reply.error());
    if (code == Errc::auth_failed) {  // its clock was set anew: the account is judged by a subscription with fresh time
        path_.clear();
        TRY_VOID(subscribe());
        return std::vector<Notification>();
    }
    if ((code == Errc::unreachable || code == Errc::timeout) && ++drops_ < kDropsBeforeNews) return std::vector<Notification>();
    path_.clear();  // the camera restarted or forgot us
    if (code != Errc::refused || !std::exchange(delivered_, false)) return tl::unexpected(reply.error());
    TRY_VOID(subscribe());
    return std::vector<Notification>();
}

void PullPoint::unsubscribe() {
    if (path_.empty()) return;
    {
        const std::lock_guard lock(client_mutex_);
        client_ = make_client(kFarewell);  // the other one may have been cancelled
    }
    (void)call(path_, std::string(kNotify) + "SubscriptionManager/UnsubscribeRequest", "<Unsubscribe xmlns=\"http://docs.oasis-open.org/wsn/b-2\"/>");
    path_.clear();
}

}  // namespace tplink::onvif
