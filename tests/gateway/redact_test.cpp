#include "gateway/diagnostics/redact.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tplink::gateway {
namespace {

TEST(Redactor, MasksTokensAddressesAndMacsWithStablePseudonyms) {
    Redactor redactor;
    EXPECT_EQ(redactor.redact_text("POST /stok=0123abc/ds at 192.168.1.20 for A8-42-A1-00-11-22"),
              redactor.redact_text("POST /stok=other/ds at 192.168.1.20 for a8:42:a1:00:11:22"));
    const std::string text = boost::json::serialize(redactor.redact(boost::json::parse(R"({"problem":"no answer at 192.168.1.20","password":"x1","ip":"192.168.1.20"})")));
    for (const char* secret : {"192.168.1.20", "x1"}) EXPECT_EQ(text.find(secret), std::string::npos) << text;
}

TEST(Redactor, ATokenAsLongAsADeviceLikesIsNoTrouble) {
    EXPECT_EQ(Redactor().redact_text("stok=" + std::string(2'000'000, 'a') + "/ds stok=b"), "stok=***/ds stok=***");
}

}  // namespace
}  // namespace tplink::gateway
