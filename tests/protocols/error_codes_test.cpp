#include "protocols/error_codes.hpp"

#include <gmock/gmock.h>

namespace tplink {
namespace {

TEST(ErrorCodes, MeanWhatTheSpeakerMeans) {
    EXPECT_EQ(errc_of(Dialect::camera, -40401), Errc::session_expired);
    EXPECT_EQ(errc_of(Dialect::camera_login, -40401), Errc::auth_failed);
    EXPECT_EQ(errc_of(Dialect::smart, -1501), Errc::auth_failed);
    EXPECT_EQ(errc_of(Dialect::smart, -1002), Errc::unsupported);
    EXPECT_EQ(errc_of(Dialect::smart, 9999), Errc::session_expired);
    EXPECT_EQ(errc_of(Dialect::camera, -1), Errc::session_expired);
    EXPECT_EQ(errc_of(Dialect::smart, -1), Errc::refused);
    EXPECT_EQ(errc_of(Dialect::camera, -40106), Errc::unsupported);
    EXPECT_EQ(errc_of(Dialect::media, -2001), Errc::auth_failed);
    EXPECT_EQ(errc_of(Dialect::smart, -2001), Errc::refused);
    EXPECT_EQ(errc_of(Dialect::camera_login, -40211), Errc::unsupported);
    EXPECT_EQ(errc_of(Dialect::camera, -40211), Errc::refused);
    EXPECT_EQ(errc_of(Dialect::media, -52407), Errc::refused);
    EXPECT_EQ(errc_of(Dialect::media, -64324), Errc::refused);
}

TEST(ErrorCodes, UnknownCodesAreRefusedWithTheirNumber) {
    const Error error = device_error(Dialect::camera, -12345, "setLedStatus");
    EXPECT_EQ(error.code, Errc::refused);
    EXPECT_EQ(error.device_code, -12345);
    EXPECT_EQ(error.what, "setLedStatus: device refused the request (error -12345)");
    EXPECT_EQ(meaning_of(Dialect::camera, -12345), "");
}

TEST(ErrorCodes, LockoutCarriesATime) {
    const Error error = device_error(Dialect::camera_login, -40404, "login");
    EXPECT_EQ(error.code, Errc::locked_out);
    EXPECT_EQ(error.retry_after, std::chrono::seconds(1800));
    EXPECT_EQ(device_error(Dialect::camera, -64324, "x").retry_after, std::chrono::seconds(0));
}

} // namespace
} // namespace tplink
