#include "protocols/base/result.hpp"

namespace tplink {

std::string_view to_string(Errc code) {
    switch (code) {
    case Errc::unreachable: return "unreachable";
    case Errc::timeout: return "timeout";
    case Errc::cancelled: return "cancelled";
    case Errc::auth_failed: return "auth_failed";
    case Errc::certificate_changed: return "certificate_changed";
    case Errc::locked_out: return "locked_out";
    case Errc::session_expired: return "session_expired";
    case Errc::unsupported: return "unsupported";
    case Errc::refused: return "refused";
    case Errc::malformed: return "malformed";
    case Errc::cloud_disabled: return "cloud_disabled";
    }
    return "malformed";
}

}  // namespace tplink
