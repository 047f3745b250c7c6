// The only file that sees Paho. Its traps, each measured: never wait in a callback; publish from one thread; no offline
// buffer (dropped tokens leak); "too many in flight" is an exception. So callbacks only copy, and one Connection is one
// client object from CONNECT to its end.
#include <array>
#include <mqtt/async_client.h>

#include "gateway/mqtt/connection.hpp"
#include "protocols/net/tcp_stream.hpp"

namespace tplink::gateway {
namespace {

constexpr auto kLookAtStop = 20ms;
constexpr auto kProbe = 1000ms;
constexpr int kMaxInFlight = 128;  // above the outbox's own bound

// A ticket travels through Paho as its user context.
void* as_context(Outbox::Ticket ticket) { return reinterpret_cast<void*>(static_cast<std::uintptr_t>(ticket)); }
Outbox::Ticket as_ticket(void* context) { return static_cast<Outbox::Ticket>(reinterpret_cast<std::uintptr_t>(context)); }

bool is_refusal(const mqtt::token& token) {
    const int reason = token.get_reason_code();
    return reason >= mqtt::UNSPECIFIED_ERROR && reason != mqtt::MQTTPP_V3_CODE;
}

class PublishListener final : public mqtt::iaction_listener {
public:
    explicit PublishListener(ConnectionEvents& events) : events_(events) {}
    void on_success(const mqtt::token& token) override { events_.on_done(as_ticket(token.get_user_context()), true); }
    void on_failure(const mqtt::token& token) override {
        // Without a reason from the broker the connection is going; then the outbox keeps the message.
        if (is_refusal(token)) events_.on_done(as_ticket(token.get_user_context()), false);
    }

private:
    ConnectionEvents& events_;
};

class SubscribeListener final : public mqtt::iaction_listener {
public:
    explicit SubscribeListener(ConnectionEvents& events) : events_(events) {}
    void on_success(const mqtt::token&) override {}
    void on_failure(const mqtt::token& token) override {
        if (!is_refusal(token)) return;
        const auto topics = token.get_topics();
        const std::string filter = topics && !topics->empty() ? (*topics)[0] : std::string("a topic");
        events_.on_note("the broker does not allow to listen to " + filter + ": check its access list");
    }

private:
    ConnectionEvents& events_;
};

mqtt::create_options create_options(int version) {
    return mqtt::create_options_builder().mqtt_version(version == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1).finalize();
}

std::string address_of(const MqttOptions& options) {
    const bool is_v6 = options.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

class PahoConnection final : public Connection {
public:
    PahoConnection(const MqttOptions& options, int version, ConnectionEvents& events)
        : options_(options), version_(version), publish_listener_(events), subscribe_listener_(events), events_(events),
          client_((options.tls ? "ssl://" : "tcp://") + address_of(options), options.client_id, create_options(version)) {
        client_.set_message_callback([this](const mqtt::const_message_ptr& message) {
            events_.on_message({message->get_topic(), message->get_payload_str(), message->is_retained()});
        });
        client_.set_connection_lost_handler([this](const std::string&) {
            events_.on_lost("connection to the MQTT broker " + address_of(options_) + " lost");
        });
        client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
            events_.on_lost(sentence_of(reason));
        });
    }
    ~PahoConnection() override = default;  // Paho's destroy waits for a callback that runs; none comes after it
    PahoConnection(const PahoConnection&) = delete;
    PahoConnection& operator=(const PahoConnection&) = delete;

    Result<void> open(const std::stop_token& stop) {
        try {
            const auto token = client_.connect(connect_options());
            const auto deadline = std::chrono::steady_clock::now() + options_.connect_timeout;
            while (!token->wait_for(kLookAtStop)) {
                if (stop.stop_requested()) return fail(Errc::cancelled, "stopped");
                if (std::chrono::steady_clock::now() > deadline)
                    return fail(Errc::timeout, "the MQTT broker " + address_of(options_) + " does not answer");
            }
            read_limits(token->get_connect_response());
            return {};
        } catch (const mqtt::exception& error) {
            return tl::unexpected(explain(error));
        }
    }

    void subscribe(const Subscription& subscription) override {
        mqtt::subscribe_options how;
        how.set_no_local(true);
        how.set_retain_handling(subscription.live_only ? mqtt::subscribe_options::DONT_SEND_RETAINED
                                                       : mqtt::subscribe_options::SEND_RETAINED_ON_SUBSCRIBE);
        guarded([&] { client_.subscribe(subscription.filter, subscription.qos, nullptr, subscribe_listener_, how); });
    }
    void unsubscribe(const std::string& filter) override {
        guarded([&] { client_.unsubscribe(filter); });
    }

    Handed publish(Outbox::Ticket ticket, const Message& message) override {
        try {
            client_.publish(mqtt::message::create(message.topic, message.payload.data(), message.payload.size(),
                                                  message.qos, message.retain),
                            as_context(ticket), publish_listener_);
            return Handed::taken;
        } catch (const mqtt::exception& error) {
            const int code = error.get_return_code();
            const bool is_busy = code == MQTTASYNC_MAX_BUFFERED_MESSAGES || code == MQTTASYNC_MAX_MESSAGES_INFLIGHT;
            return is_busy ? Handed::busy : Handed::lost;
        }
    }

    std::size_t packet_limit() const override { return packet_limit_; }
    std::size_t receive_limit() const override { return receive_limit_; }

    void disconnect(std::chrono::milliseconds timeout) override {
        guarded([&] { client_.disconnect(0)->wait_for(timeout); });
    }

private:
    template <class Call> void guarded(Call&& call) {
        try {
            call();
        } catch (const mqtt::exception&) {
            // The connection is going; on_lost() tells the session.
        }
    }

    mqtt::connect_options connect_options() {
        mqtt::connect_options out;
        out.set_mqtt_version(version_ == 5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1);
        // Commands sent while we were away must not run later: the broker keeps no session.
        if (version_ == 5) out.set_clean_start(true);
        else out.set_clean_session(true);
        out.set_keep_alive_interval(options_.keep_alive);
        out.set_connect_timeout(std::chrono::ceil<std::chrono::seconds>(options_.connect_timeout));
        out.set_max_inflight(kMaxInFlight);
        out.set_automatic_reconnect(false);
        if (!options_.login.username.empty()) out.set_user_name(options_.login.username);
        if (!options_.login.password.empty()) out.set_password(options_.login.password.reveal());
        const Message& will = options_.will;
        if (!will.topic.empty())
            out.set_will(mqtt::will_options(will.topic, mqtt::binary_ref(will.payload), will.qos, will.retain));
        if (options_.tls) out.set_ssl(ssl_options());
        return out;
    }

    // No error handler: Paho C++ 1.2 calls it on a copy of these options that is gone by then.
    mqtt::ssl_options ssl_options() const {
        mqtt::ssl_options out;
        if (!options_.ca_file.empty()) out.set_trust_store(options_.ca_file);
        if (!options_.client_cert.empty()) out.set_key_store(options_.client_cert);
        if (!options_.client_key.empty()) out.set_private_key(options_.client_key);
        out.set_enable_server_cert_auth(true);
        out.set_verify(true);  // the name in the certificate must be the host's
        return out;
    }

    void read_limits(const mqtt::connect_response& response) {
        const auto& properties = response.get_properties();
        if (version_ != 5) return;
        constexpr auto kPacket = mqtt::property::MAXIMUM_PACKET_SIZE;
        if (properties.contains(kPacket)) packet_limit_ = mqtt::get<std::uint32_t>(properties, kPacket);
        constexpr auto kReceive = mqtt::property::RECEIVE_MAXIMUM;
        if (properties.contains(kReceive)) receive_limit_ = mqtt::get<std::uint16_t>(properties, kReceive);
    }

    std::string sentence_of(int reason) const {
        if (reason == mqtt::SESSION_TAKEN_OVER)
            return "another client uses the client id " + options_.client_id + " on this MQTT broker: is the gateway running twice?";
        if (reason == mqtt::SERVER_SHUTTING_DOWN) return "the MQTT broker " + address_of(options_) + " is shutting down";
        return "the MQTT broker " + address_of(options_) + " ended the connection: " +
               mqtt::exception::reason_code_str(reason);
    }

    Error explain(const mqtt::exception& error) const {
        // A refusal in an MQTT 5 CONNACK arrives as return code, not as reason code.
        const int code = error.get_return_code();
        const int reason = code >= mqtt::UNSPECIFIED_ERROR ? code : static_cast<int>(error.get_reason_code());
        const std::string broker = "the MQTT broker " + address_of(options_);
        // Positive return codes are those of the 3.1.1 CONNACK (MQTT 3.1.1, table 3.1).
        constexpr int kBadVersion = 1, kBadId = 2, kBadLogin = 4, kNotAuthorized = 5;
        if (reason == mqtt::BAD_USER_NAME_OR_PASSWORD || reason == mqtt::NOT_AUTHORIZED || code == kBadLogin || code == kNotAuthorized)
            return {Errc::auth_failed, broker + " refused user name or password", code, 0s};
        if (reason == mqtt::UNSUPPORTED_PROTOCOL_VERSION || code == kBadVersion)
            return {Errc::unsupported, broker + " does not speak MQTT " + (version_ == 5 ? "5" : "3.1.1"), code, 0s};
        if (reason == mqtt::CLIENT_IDENTIFIER_NOT_VALID || code == kBadId)
            return {Errc::auth_failed, broker + " refused the client id " + options_.client_id, code, 0s};
        if (code == MQTTASYNC_FAILURE) return explain_silence(broker);
        return {Errc::unreachable, broker + " cannot be reached: " + error.what(), code, 0s};
    }

    // Paho says "TCP/TLS connect failure" for everything below MQTT; whether the port answers tells the rest.
    Error explain_silence(const std::string& broker) const {
        const auto connector = net::make_tcp_connector();
        const auto stream = connector->connect(options_.host, options_.port, kProbe);
        if (!stream) return {Errc::unreachable, broker + " cannot be reached: " + stream.error().what, 0, 0s};
        if (options_.tls)
            return {Errc::refused, broker + " answers, but not with a TLS certificate that is trusted: check ca_file, client_cert, "
                                            "the host name, and that this is the TLS port", 0, 0s};
        return {Errc::unreachable, broker + " closes the connection: is this its TLS port, or another program?", 0, 0s};
    }

    const MqttOptions& options_;
    const int version_;
    std::size_t packet_limit_ = 0, receive_limit_ = 0;
    PublishListener publish_listener_;  // outlive the client, which calls them
    SubscribeListener subscribe_listener_;
    ConnectionEvents& events_;
    mqtt::async_client client_;
};

}  // namespace

Result<std::unique_ptr<Connection>> connect_paho(const MqttOptions& options, int version, ConnectionEvents& events,
                                                 const std::stop_token& stop) {
    try {
        auto connection = std::make_unique<PahoConnection>(options, version, events);
        TRY_VOID(connection->open(stop));
        return connection;
    } catch (const std::exception& error) {  // std::bad_alloc, a URI Paho does not like
        return fail(Errc::unreachable, std::string("MQTT: ") + error.what());
    }
}

}  // namespace tplink::gateway
