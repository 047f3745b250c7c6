#pragma once
// The one door from the gateway to a device's control API, whatever login and cipher lie behind it.

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/result.hpp"

namespace tplink {

namespace json = boost::json;

/// One request in the device's own language: "getLensMaskConfig" {..}, "get_device_info"; the old style
/// "get"/"set"/"do" with the module object as params; IOT: "module.command", split at the last dot, as in
/// "emeter.get_realtime". Params null: none.
struct Request {
    std::string method;
    json::value params;
    /// The child it is for: an outlet of a strip, a device behind a hub, by its device id; empty: the device itself.
    std::string child{};
};

/// What one entry of a batch came to.
struct Answer {
    std::string method;
    Result<json::value> result;  ///< the method's `result` (old style: the reply without error_code)
};

/// A named function the device says it has.
struct Component {
    std::string name;
    int version = 1;
};

/// Who the device is; stable facts. Text fields are empty when the device does not tell.
struct Identity {
    std::string mac;          ///< 12 lower hex digits
    std::string model;        ///< "C200", "P110"
    std::string name;         ///< the name given in the vendor's app, decoded
    std::string hardware;     ///< "1.0"
    std::string firmware;     ///< "1.3.9 Build 231019"
    std::string device_id;
    std::string device_type;  ///< "SMART.IPCAMERA"
    std::vector<Component> components;

    /// True when the device lists a component of this name.
    bool lists(std::string_view wanted) const {
        for (const Component& component : components)
            if (component.name == wanted) return true;
        return false;
    }
};

/// A good reply to call() may carry a sentence under this key: done, but there is something to say.
inline constexpr std::string_view kWarning = "@warning";

/// Blocking; used by the device's thread only, except cancel(). Logs in when first needed, renews an expired session
/// once and unseen, never repeats a refused password: after auth_failed every call fails at once with auth_failed.
class Session {
public:
    virtual ~Session() = default;

    /// errors: any of Errc.
    virtual Result<Identity> identify() = 0;

    /// Asks everything in as few exchanges as the device allows. One answer per request, in the order asked; what the
    /// device left out is `malformed`. errors: only those of the whole exchange (connection, login).
    virtual Result<std::vector<Answer>> query(std::span<const Request> requests) = 0;

    /// One request that changes something; sent exactly once unless the device said the session was gone.
    virtual Result<json::value> call(const Request& request) = 0;

    /// What was learned on the way and must survive a restart; nothing when the opener knew it all.
    struct Facts {
        std::string transport, hash_form, certificate_sha256;
        bool operator==(const Facts&) const = default;
    };
    virtual std::optional<Facts> facts() const { return std::nullopt; }

    /// "klap2", "aes", "tapo1" (hashed MD5 login), "tapo3" (encrypt_type 3), ...
    virtual std::string_view transport() const = 0;

    /// From any thread, sticky.
    virtual void cancel() = 0;
};

}  // namespace tplink
