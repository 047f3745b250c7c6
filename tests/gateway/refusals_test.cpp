#include "gateway/app/refusals.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tplink::gateway {
namespace {

class RefusalsTest : public ::testing::Test {
protected:
    void SetUp() override {
        directory_ = std::filesystem::temp_directory_path() / ("refusals_" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "_" + std::to_string(::getpid()));
        std::filesystem::remove_all(directory_);
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    static discovery::Found announced(const char* transport, const char* firmware) {
        discovery::Found found;
        found.transport = transport;
        found.firmware = firmware;
        return found;
    }

    std::filesystem::path directory_;
    const Credentials wrong_{"me@example.com", Secret("wrong")};
    const Credentials right_{"me@example.com", Secret("right")};
    const Error refused_{Errc::auth_failed, "TPAP: wrong account or password (error -1501)", -1501, {}};
};

TEST_F(RefusalsTest, ARefusedPasswordAndItsReasonSurviveARestart) {
    {
        StateStore store(directory_);
        Refusals(store).put("aabbccddeeff", wrong_, std::nullopt, refused_);
    }
    StateStore store(directory_);
    const Refusals refusals(store);
    const auto standing = refusals.standing("aabbccddeeff", wrong_, std::nullopt);
    ASSERT_TRUE(standing);
    EXPECT_EQ(standing->code, Errc::auth_failed);
    EXPECT_EQ(standing->what, refused_.what);
    EXPECT_FALSE(refusals.standing("aabbccddeeff", right_, std::nullopt)) << "another password is another matter";
    EXPECT_FALSE(refusals.standing("000000000000", wrong_, std::nullopt));
}

TEST_F(RefusalsTest, AHumanOrANewFirmwareLiftsIt) {
    StateStore store(directory_);
    Refusals refusals(store);
    refusals.put("x", wrong_, announced("tpap", "1.4.0"), refused_);
    EXPECT_TRUE(refusals.standing("x", wrong_, announced("tpap", "1.4.0")));
    EXPECT_TRUE(refusals.standing("x", wrong_, std::nullopt)) << "silence is no change";
    EXPECT_FALSE(refusals.standing("x", wrong_, announced("klap2", "1.4.0")));
    EXPECT_FALSE(refusals.standing("x", wrong_, announced("tpap", "1.4.1")));
    refusals.forget("x");
    EXPECT_FALSE(refusals.standing("x", wrong_, announced("tpap", "1.4.0")));
}

TEST_F(RefusalsTest, WhatTheDeviceDidNotCountIsNotKept) {
    StateStore store(directory_);
    Refusals refusals(store);
    refusals.put("x", wrong_, std::nullopt, {Errc::auth_failed, "its own proof does not fit", 0, {}});
    refusals.put("x", wrong_, std::nullopt, {Errc::locked_out, "locked", -40404, {}});
    EXPECT_FALSE(refusals.standing("x", wrong_, std::nullopt));
}

TEST_F(RefusalsTest, ASecondFormIsWorthAnAttemptOnceTheAccountWorked) {
    StateStore store(directory_);
    Refusals refusals(store);
    refusals.put("x", right_, std::nullopt, refused_, "md5");
    const auto standing = refusals.standing("x", right_, std::nullopt);
    ASSERT_TRUE(standing);
    EXPECT_GT(standing->retry_after.count(), 0) << "another device may tell";
    EXPECT_EQ(refusals.refused_form("x", right_), "md5");
    EXPECT_EQ(refusals.refused_form("x", wrong_), "") << "of another password nothing is known";
    refusals.accepted(right_);
    EXPECT_FALSE(refusals.standing("x", right_, std::nullopt));
    EXPECT_TRUE(Refusals(store).works(right_)) << "after a restart too";
    EXPECT_FALSE(refusals.works(wrong_));
    refusals.put("x", right_, std::nullopt, refused_);
    EXPECT_EQ(refusals.standing("x", right_, std::nullopt)->retry_after.count(), 0) << "none is left: only a human helps";
}

TEST_F(RefusalsTest, AHumanWhoAsksAgainGetsTheOtherForm) {
    StateStore store(directory_);
    Refusals refusals(store);
    refusals.put("x", wrong_, std::nullopt, refused_, "md5");
    refusals.forget("x");
    EXPECT_FALSE(refusals.standing("x", wrong_, std::nullopt));
    EXPECT_EQ(refusals.refused_form("x", wrong_), "md5");
    refusals.put("x", wrong_, std::nullopt, refused_);
    EXPECT_EQ(refusals.refused_form("x", wrong_), "") << "both: the next time begins anew";
    EXPECT_EQ(refusals.standing("x", wrong_, std::nullopt)->retry_after.count(), 0);
}

TEST_F(RefusalsTest, AFormRefusedBeforeTheNetworkFailedIsNotSentAgain) {
    StateStore store(directory_);
    Refusals refusals(store);
    refusals.put("x", right_, std::nullopt, {Errc::timeout, "no answer", 0, {}}, "md5");
    EXPECT_EQ(refusals.refused_form("x", right_), "md5");
    EXPECT_FALSE(refusals.standing("x", right_, std::nullopt)) << "the other form is worth its attempt";
}

TEST_F(RefusalsTest, NoPasswordIsWritten) {
    StateStore store(directory_);
    Refusals(store).put("x", {"me@example.com", Secret("correct horse")}, std::nullopt, refused_);
    std::ifstream file(directory_ / "state.json");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str().find("correct horse"), std::string::npos);
    EXPECT_EQ(text.str().find("me@example.com"), std::string::npos);
    EXPECT_NE(text.str().find("-1501"), std::string::npos);
}

}  // namespace
}  // namespace tplink::gateway
