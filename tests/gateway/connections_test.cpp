#include "gateway/diagnostics/connections.hpp"

#include <gtest/gtest.h>

namespace tplink::gateway {
namespace {

constexpr const char* kTable =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:2229 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 100 1\n"   // listens
    "   1: 0501A8C0:9C40 1401A8C0:01BB 01 00000000:00000000 02:00000000 00000000     0        0 101 2\n"   // ours
    "   2: 0501A8C0:9C41 1501A8C0:01BB 01 00000000:00000000 02:00000000 00000000     0        0 999 2\n"   // another program's
    "   3: 0000000000000000FFFF00000501A8C0:9C42 0000000000000000FFFF00000900A8C0:075B 01 00000000:00000000 02:00000000 00000000     0        0 102 2\n";

TEST(Connections, AreOursEstablishedAndReadable) {
    const auto found = parse_connections(kTable, {100, 101, 102});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0], (RemoteConnection{"192.168.1.20", 443, 0x9C40}));
    EXPECT_EQ(found[1], (RemoteConnection{"192.168.0.9", 1883, 0x9C42}));
}

TEST(Connections, RubbishIsNoConnection) {
    for (const char* line : {"", "x", "1: : : 01 0 0 0 0 0 101", "1: 1:1 1:1 01 0 0 0 0 0 101", "1: 0501A8C0:1 ZZ01A8C0:1 01 0 0 0 0 0 101", "1: 0501A8C0:1 0501A8C0:FFFFF 01 0 0 0 0 0 101"})
        EXPECT_TRUE(parse_connections(line, {101}).empty()) << line;
}

}  // namespace
}  // namespace tplink::gateway
