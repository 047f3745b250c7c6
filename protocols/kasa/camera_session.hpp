#pragma once
// A Kasa camera as a Session: state by UDP, everything else by whichever way there is. Source: camera.md.

#include "protocols/kasa/camera_control.hpp"
#include "protocols/kasa/sysinfo.hpp"
#include "protocols/session.hpp"

namespace tplink::kasa {

/// The one request that UDP answers.
inline constexpr std::string_view kSysinfo = "system.get_sysinfo";

struct CameraOptions {
    ControlOptions control;
    std::uint16_t state_port = 9999;
};

struct CameraDeps {
    ControlDeps control;
    SysinfoReader::OpenSocket open_socket = [] { return net::make_udp_socket(); };
};

/// Requests are "module.method" without the camera modules' long prefix ("switch.set_is_enable"), but for kSysinfo.
/// query(): whole-exchange errors come from UDP only; an entry that no way can answer now has `timeout`, `unreachable` or
/// `cloud_disabled`, one the camera does not know `unsupported`.
/// call(): every error but `cancelled` is `aside`; cloud_disabled says what the user may allow.
class CameraSession final : public Session {
public:
    CameraSession(CameraOptions options, CameraDeps deps);

    Result<Identity> identify() override;
    Result<std::vector<Answer>> query(std::span<const Request> requests) override;
    Result<json::value> call(const Request& request) override;
    std::string_view transport() const override { return transport_; }
    std::optional<Facts> facts() const override;
    void cancel() override;

private:
    enum class Way { none, local, cloud };
    struct Cached {
        json::value value;
        SteadyTime at{};
    };

    Result<json::object> sysinfo();
    Way decide();
    Error no_way() const;
    std::shared_ptr<CloudAccount> cloud() const;
    bool cloud_possible() const;
    Result<json::object> exchange(Way way, const json::object& command, CloudUrgency urgency);
    Result<json::value> call_by_cloud(const Request& request, const json::object& command, const std::string& module, const std::string& method);
    Result<bool> happened(const std::string& module, const std::string& method, const json::value& params);
    void ask(std::span<const Request> requests, std::vector<Answer>& answers);
    void ask_chunk(Way way, std::span<const Request* const> chunk, std::vector<Answer>& answers, CloudUrgency urgency);
    const json::value* still_fresh(const std::string& method) const;
    bool touched(const std::string& method) const;
    bool wait(std::chrono::milliseconds time);

    const CameraOptions options_;
    const CameraDeps deps_;
    std::stop_source stop_;
    SysinfoReader reader_;
    LocalControl local_;
    MotionWatch motion_;
    Identity identity_;
    bool fresh_ = false;     ///< never set up
    bool updating_ = false;  ///< firmware update under way
    std::string transport_ = "udp";
    std::map<std::string, Cached, std::less<>> by_cloud_;  ///< what the cloud told, by request
    std::map<std::string, SteadyTime, std::less<>> written_;  ///< when a module was last written
    SteadyTime sysinfo_by_cloud_{};
};

}  // namespace tplink::kasa
