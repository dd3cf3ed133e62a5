// The most clients that a server holds to what is expected of it: doubled until it does not hold,
// then bisected.
//
// A machine has bad seconds: a number of clients holds when most of its tries do, up to tries_max
// of them, and as soon as that is decided no further one is made.
//
// Threading: calls `probe` on the calling thread.
#pragma once

#include "bench/load/expectation.hpp"
#include "bench/load/figures.hpp"
#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace parlance::bench {

struct FindMaxPlan {
  std::vector<Expectation> expectations;
  std::size_t clients_least = 1;
  std::size_t clients_most = 10'000;
  std::uint32_t tries_max = 3;  // odd
};

struct Probe {
  std::size_t clients = 0;
  bool held = false;
  std::vector<Judgement> judgements;
  double finished_per_second = 0;
};

struct FoundMax {
  std::size_t clients = 0;    // 0: not even clients_least hold
  bool reached_most = false;  // clients_most hold: there may be more
  std::vector<Probe> probes;
};

// `probe` runs so many clients; its error ends the search. `seen` is told of each probe.
Result<FoundMax> find_max(const FindMaxPlan& plan,
                          const std::function<Result<Figures>(std::size_t clients)>& probe,
                          const std::function<void(const Probe&)>& seen);

}  // namespace parlance::bench
