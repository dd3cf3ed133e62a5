#include "bench/suites/suites.hpp"

namespace parlance::bench {

const std::vector<SuiteEntry>& suites() {
  static const std::vector<SuiteEntry> all{
      {"soak", "sessions with faults, for long: memory, descriptors, threads, slots", soak_suite}};
  return all;
}

}  // namespace parlance::bench
