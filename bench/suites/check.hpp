// What a suite asks of a server, as a value: a bound on one figure, and how bad it is when it does
// not hold.
//
//   {"nobody waits long to be refused", "spike.refusal.p50<200ms"}
//   {"slots are given back", "server.calls_running.end==0"}
//
// The figure is one of a load (bench/load/expectation.hpp, behind the stage's name and a dot) or a
// number of the findings. What was not measured does not hold.
//
// Threading: pure functions.
#pragma once

#include "bench/suites/findings.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parlance::bench {

enum class CheckKind : std::uint8_t {
  bound,      // a figure is not as it should be
  integrity,  // something was lost, doubled or changed
};

struct Check {
  std::string asks;
  std::string expects;
  CheckKind kind = CheckKind::bound;
};

struct CheckResult {
  std::string asks;
  std::string figure;
  std::string expected;  // "<200 ms"
  std::string seen;      // "213.4 ms", "nothing measured"
  bool held = false;
  CheckKind kind = CheckKind::bound;
};

// Throws std::logic_error for a check that is none: suites are part of the program.
std::vector<CheckResult> judge(const std::vector<Check>& checks, const Findings& findings);

}  // namespace parlance::bench
