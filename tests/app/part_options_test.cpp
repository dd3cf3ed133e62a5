#include "app/part_options.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace parlance {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a server has a directory for each 250 threads, up to four") {
  CHECK(directory_count(1) == 1);
  CHECK(directory_count(499) == 1);
  CHECK(directory_count(500) == 2);
  CHECK(directory_count(1'000) == 4);
  CHECK(directory_count(1'000'000) == 4);
}

TEST_CASE("directories share the threads that may be in memory") {
  Settings settings;
  settings.threads.resident_max = 1'000;
  settings.threads.turns_waiting_max = 3;
  settings.storage.thread_ttl = milliseconds(7);
  const auto options = directory_options(settings, 4);
  CHECK(options.resident_max == 250);
  CHECK(options.thread.turns_waiting_max == 3);
  CHECK(options.thread.thread_ttl == milliseconds(7));
}

TEST_CASE("the journal is swept as often as threads expire, every 5 s to 10 minutes") {
  const auto sweep_period = [](milliseconds ttl) {
    Settings settings;
    settings.storage.thread_ttl = ttl;
    return journal_options(settings).sweep_period;
  };
  CHECK(sweep_period(milliseconds(1)) == milliseconds(5'000));
  CHECK(sweep_period(milliseconds(60'000)) == milliseconds(60'000));
  CHECK(sweep_period(std::chrono::hours(24)) == milliseconds(600'000));
  CHECK(sweep_period(milliseconds(0)) == storage::JournalOptions{}.sweep_period);
}

TEST_CASE("a role has its lanes in their order") {
  Settings settings;
  LaneSettings first;
  first.provider = "upstream";
  first.model = "mock-1";
  first.calls_at_once_max = 7;
  LaneSettings second;
  second.provider = "local";
  settings.models["main"] = {first, second};
  settings.models["empty"] = {};
  const auto roles = role_options(settings);
  REQUIRE(roles.size() == 1);
  const auto& lanes = roles.at("main");
  REQUIRE(lanes.size() == 2);
  CHECK(lanes[0].provider == "upstream");
  CHECK(lanes[0].model == "mock-1");
  CHECK(lanes[0].calls_at_once_max == 7);
  CHECK(lanes[1].provider == "local");
}

}  // namespace
}  // namespace parlance
