// Totals of energy that only grow, whatever the device's counters do. No real time passes.

#include "gateway/capabilities/energy.hpp"

#include <gtest/gtest.h>
#include <random>

#include "gateway/device/energy_ledger.hpp"
#include "tests/gateway/temporary_directory.hpp"

namespace tplink::gateway {
namespace {

constexpr double kWh = 0.001;  // one watt-hour in kWh

struct Meter {
    EnergyTotal total{};
    SteadyTime now = SteadyTime{} + 1h;
    double read(const EnergyReading& reading, std::chrono::seconds after = 5s) {
        now += after;
        total.add(reading, now);
        return total.kwh().value_or(-1);
    }
    void restart() { total = EnergyTotal(json::value(total.to_json())); }
};

TEST(EnergyTotal, StartsWithTheDevicesOwnTotalWhereThereIsOne) {
    EXPECT_DOUBLE_EQ(Meter{}.read({.power_w = 10, .counter_kwh = 12.5}), 12.5);
    EXPECT_DOUBLE_EQ(Meter{}.read({.power_w = 10, .today_kwh = 1, .month_kwh = 3}), 0);
    EXPECT_FALSE(EnergyTotal{}.kwh());
}

TEST(EnergyTotal, ADeviceResetCountsOnFromZero) {
    Meter meter;
    meter.read({.counter_kwh = 12.5});
    meter.read({.counter_kwh = 13.0});
    EXPECT_NEAR(meter.read({.counter_kwh = 0.2}), 13.2, 1e-9);
    EXPECT_NEAR(meter.read({.counter_kwh = 0.5}), 13.5, 1e-9);
}

TEST(EnergyTotal, ACorrectedCounterIsNoReset) {
    Meter meter;
    meter.read({.counter_kwh = 30.5});
    EXPECT_NEAR(meter.read({.counter_kwh = 30.4}), 30.5, 1e-9);
    EXPECT_NEAR(meter.read({.counter_kwh = 30.6}), 30.6, 1e-9);
}

TEST(EnergyTotal, MidnightAndTheFirstOfTheMonthLoseNothing) {
    Meter meter;
    meter.read({.today_kwh = 1, .month_kwh = 30});
    EXPECT_NEAR(meter.read({.today_kwh = 1.2, .month_kwh = 30.2}), 0.2, 1e-9);
    EXPECT_NEAR(meter.read({.today_kwh = 0.1, .month_kwh = 30.3}), 0.3, 1e-9) << "midnight";
    EXPECT_NEAR(meter.read({.today_kwh = 0.05, .month_kwh = 0.05}), 0.35, 1e-9) << "the month's end";
    EXPECT_NEAR(meter.read({.today_kwh = 0.1, .month_kwh = 0.1}), 0.4, 1e-9);
}

TEST(EnergyTotal, IntegratesPowerWhereNothingIsCounted) {
    Meter meter;
    meter.read({.power_w = 1000});
    for (int i = 0; i < 720; ++i) meter.read({.power_w = 1000});
    EXPECT_NEAR(*meter.total.kwh(), 1.0, 1e-6) << "1 kW for an hour";
    EXPECT_NEAR(meter.read({.power_w = 0}, std::chrono::hours(10)), 1.0 + 600.0 / 3600, 1e-6) << "a long silence is not guessed";
}

TEST(EnergyTotal, PowerRunsAheadOfACounterByAFewWattHoursOnly) {
    Meter meter;
    meter.read({.power_w = 1000, .today_kwh = 1});
    for (int i = 0; i < 720; ++i) meter.read({.power_w = 1000, .today_kwh = 1});
    EXPECT_LE(*meter.total.kwh(), 0.010001);
    EXPECT_NEAR(meter.read({.power_w = 1000, .today_kwh = 2}), 1.0, 0.011);
}

TEST(EnergyTotal, GarbageChangesNothing) {
    Meter meter;
    const double before = meter.read({.power_w = 5, .counter_kwh = 7});
    EXPECT_DOUBLE_EQ(meter.read({.power_w = std::numeric_limits<double>::quiet_NaN(), .counter_kwh = -4}), before);
    EXPECT_DOUBLE_EQ(meter.read({.counter_kwh = 1e300}), before);
    EXPECT_DOUBLE_EQ(meter.read({}), before);
    EXPECT_FALSE(EnergyTotal(json::value("x")).kwh());
    EXPECT_FALSE(EnergyTotal(json::value(json::object{{"kwh", "many"}})).kwh());
}

// What a house does in two months, told by a device whose clock is off and which is reset, asked by a gateway that restarts.
TEST(EnergyTotal, IsNeverLessThanBeforeAndNeverFarFromTheTruth) {
    for (unsigned seed = 1; seed <= 40; ++seed) {
        std::mt19937 random(seed);
        const auto chance = [&](int one_in) { return static_cast<int>(random() % static_cast<unsigned>(one_in)) == 0; };
        Meter meter;
        const bool has_counter = seed % 3 == 0;
        const bool has_month = seed % 3 != 2;
        double truth = 0, today = 0, month = 0, counter = 0, watts = 100, last = 0;
        const auto reading = [&] {
            EnergyReading out{.power_w = watts, .today_kwh = std::floor(today / kWh) * kWh};
            if (has_month) out.month_kwh = std::floor(month / kWh) * kWh;
            if (has_counter) out.counter_kwh = std::floor(counter / kWh) * kWh;
            return out;
        };
        meter.read(reading());
        const double start = *meter.total.kwh();
        for (int minute = 1; minute < 61 * 1440; ++minute) {
            if (chance(50)) watts = static_cast<double>(random() % 2000);
            const double kwh = watts / 1000 / 60;
            truth += kwh;
            for (double* c : {&today, &month, &counter}) *c += kwh;
            if (minute % 1440 == 7) today = 0;                                            // its midnight is 7 minutes late
            if (minute % (30 * 1440) == 60) month = 0;                                    // summer time: an hour late
            if (has_counter && chance(20000)) counter = 0;                                // somebody reset it
            if (chance(5000)) meter.restart();
            if (!chance(10)) continue;  // now and then it does not answer
            const double shown = meter.read(reading(), 60s);
            ASSERT_GE(shown, last - 1e-9) << "seed " << seed << " minute " << minute;
            last = shown;
        }
        // Each reset may hide what was drawn since the poll before it.
        EXPECT_NEAR(last - start, truth, 0.02 * truth + 1) << "seed " << seed;
    }
}

TEST(EnergyLedger, KeepsTotalsOverARestartAndShrugsAtABrokenFile) {
    const testing::TemporaryDirectory directory;
    {
        EnergyLedger ledger(directory.path());
        ledger.put("a842a1001122", json::object{{"kwh", 1.5}});
        EXPECT_TRUE(ledger.flush());
    }
    EXPECT_EQ(EnergyLedger(directory.path()).find("a842a1001122").at("kwh"), json::value(1.5));
    EXPECT_TRUE(EnergyLedger(directory.path()).find("other").is_null());
    std::ofstream(directory.path() + "/energy.json") << "{half";
    EXPECT_TRUE(EnergyLedger(directory.path()).find("a842a1001122").is_null());
    EnergyLedger nowhere("/proc/nothing/here");
    nowhere.put("x", json::object{{"kwh", 1}});
    EXPECT_FALSE(nowhere.flush());
}

}  // namespace
}  // namespace tplink::gateway
