#include "protocols/kasa/cloud_codes.hpp"

#include <algorithm>
#include <iterator>

namespace tplink::kasa {
namespace {

using enum CloudClass;

struct CloudRow {
    int code;
    CloudClass what;
    std::string_view meaning;
};

// source: the table of cloud.md; the same as in the test vectors, which a test compares.
constexpr CloudRow kCloud[] = {
    {0, ok, "success"},
    {-10000, permanent, "generic error (also: method not allowed)"},
    {-10100, permanent, "JSON format error"},
    {-10101, permanent, "JSON body is null"},
    {-10200, rate_limit, "IP requests out of rate limit"},
    {-10201, rate_limit, "user requests out of rate limit"},
    {-10301, config, "signature does not match"},
    {-20000, retry, "server internal error"},
    {-20001, permanent, "permission denied"},
    {-20002, retry, "request timeout (device did not answer)"},
    {-20003, retry, "server busy"},
    {-20004, rate_limit, "API rate limit exceeded"},
    {-20100, permanent, "JSON id parse failed"},
    {-20103, permanent, "method does not exist"},
    {-20104, permanent, "parameter doesn't exist"},
    {-20105, permanent, "parameter of the wrong type"},
    {-20106, permanent, "parameter out of range"},
    {-20107, permanent, "parameter invalid"},
    {-20200, auth, "e-mail format error"},
    {-20212, redirect, "incorrect service entry address (other region; the answer names it)"},
    {-20500, device, "device id format error"},
    {-20501, device, "device id not found"},
    {-20507, device, "device is unbound"},
    {-20522, device, "device id invalid"},
    {-20571, offline, "device is offline"},
    {-20580, device, "account is not bound to the device"},
    {-20600, auth, "account not found"},
    {-20601, auth, "incorrect e-mail or password"},
    {-20602, auth, "account inactive"},
    {-20607, mfa, "verification code error"},
    {-20615, auth, "password format error"},
    {-20651, token, "token expired"},
    {-20652, token, "token incorrect"},
    {-20655, relogin, "refresh token expired"},
    {-20656, relogin, "refresh token incorrect"},
    {-20661, locked, "account locked"},
    {-20675, token_squeezed, "account login in other places"},
    {-20676, mfa, "verification code ineffective"},
    {-20677, mfa, "MFA required"},
    {-20708, auth, "authentication failed (seen after repeated attempts)"},
    {-21001, rate_limit, "too many verification codes asked from this address in the hour"},
    {-23003, config, "app version too old (unsigned login on an account with two-step verification)"},
};

struct DeviceRow {
    int code;
    Errc errc;
    std::string_view meaning;
};

constexpr DeviceRow kDevice[] = {
    {-1, Errc::unsupported, "the camera does not have this module"},
    {-10007, Errc::auth_failed, "the camera refuses this user and password"},
    {-10008, Errc::unsupported, "the camera does not know this call"},
    {-40409, Errc::refused, "the value is not allowed"},
    {-40602, Errc::timeout, "the camera failed for a moment"},
    {-40800, Errc::refused, "a parameter is missing or has the wrong form"},
    {-41202, Errc::refused, "a parameter of the movement has the wrong form"},
    {-41203, Errc::refused, "the end of the range is reached, or the value is not allowed"},
};

template <class Rows> auto find_row(const Rows& rows, int code) {
    const auto* row = std::find_if(std::begin(rows), std::end(rows), [&](const auto& each) { return each.code == code; });
    return row == std::end(rows) ? nullptr : row;
}

}  // namespace

CloudClass cloud_class(int code) {
    const auto* row = find_row(kCloud, code);
    return row == nullptr ? permanent : row->what;
}

std::string_view cloud_meaning(int code) {
    const auto* row = find_row(kCloud, code);
    return row == nullptr ? std::string_view{} : row->meaning;
}

Errc device_errc(int code) {
    const auto* row = find_row(kDevice, code);
    return row == nullptr ? Errc::refused : row->errc;
}

std::string_view device_meaning(int code) {
    const auto* row = find_row(kDevice, code);
    return row == nullptr ? std::string_view{} : row->meaning;
}

}  // namespace tplink::kasa
