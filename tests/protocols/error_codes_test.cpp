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

// source: port8800.md, "Error codes": each code of the video port, what is to be done, and after how long.
TEST(ErrorCodes, EveryCodeOfTheVideoPortIsAReason) {
    struct Case {
        int code;
        Errc errc;
        int pause_s;
        std::string_view word;
    };
    constexpr Case kCases[] = {
        {-52402, Errc::refused, 0, "not valid"},        {-52405, Errc::refused, 4, "in use"},
        {-52407, Errc::refused, 30, "viewers"},         {-52409, Errc::refused, 0, "no SD card"},
        {-52422, Errc::refused, 0, "cannot be used"},   {-71114, Errc::refused, 0, "no storage"},
        {-71115, Errc::refused, 0, "loading"},          {-52411, Errc::refused, 0, "talking"},
        {-52417, Errc::refused, 10, "occupied"},        {-52435, Errc::refused, 10, "full"},
        {-52419, Errc::refused, 0, "control port"},     {-52423, Errc::refused, 0, "audio"},
        {-52212, Errc::refused, 0, "quota"},            {-64324, Errc::refused, 30, "privacy"},
        {-71101, Errc::refused, 0, "user ids is full"}, {-71102, Errc::refused, 0, "taken"},
        {-71103, Errc::refused, 0, "not valid"},        {-71105, Errc::refused, 0, "search"},
        {-40210, Errc::unsupported, 0, "method"},       {-40106, Errc::unsupported, 0, "method"},
        {-2001, Errc::auth_failed, 0, "decrypt"}};
    for (const Case& c : kCases) {
        const Error error = device_error(Dialect::media, c.code, "stream refused");
        EXPECT_EQ(error.code, c.errc) << c.code;
        EXPECT_EQ(error.retry_after.count(), c.pause_s) << c.code;
        EXPECT_NE(error.what.find(c.word), std::string::npos) << error.what;
    }
    EXPECT_TRUE(is_recording_busy(-52405) && is_recording_busy(-52417) && is_recording_busy(-52435));
    EXPECT_TRUE(is_stale_user(-71103) && is_stale_user(-71105));
}

TEST(ErrorCodes, LockoutCarriesATime) {
    const Error error = device_error(Dialect::camera_login, -40404, "login");
    EXPECT_EQ(error.code, Errc::locked_out);
    EXPECT_EQ(error.retry_after, std::chrono::seconds(1800));
    EXPECT_EQ(device_error(Dialect::camera, -64324, "x").retry_after, std::chrono::seconds(0));
}

} // namespace
} // namespace tplink
