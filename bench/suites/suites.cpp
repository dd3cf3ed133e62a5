#include "bench/suites/suites.hpp"

namespace parlance::bench {

Json fixed_lane(std::uint64_t calls_at_once_max, std::uint64_t calls_waiting_max) {
  const Json lane{{"provider", "mock"},
                  {"model", "mock-1"},
                  {"calls_at_once_max", calls_at_once_max},
                  {"calls_waiting_max", calls_waiting_max},
                  {"adapts", false}};
  return {{"main", Json::array({lane})}};
}

const std::vector<SuiteEntry>& suites() {
  static const std::vector<SuiteEntry> all{
      {"backpressure", "more load than it can take", backpressure_suite},
      {"faults", "a provider that fails, in one way after the other", faults_suite},
      {"clients", "clients that are slow, silent, rude or gone", clients_suite},
      {"chaos", "kill -9 and deployments under load", chaos_suite},
      {"soak", "sessions with faults, for long: memory, descriptors, threads, slots", soak_suite}};
  return all;
}

}  // namespace parlance::bench
