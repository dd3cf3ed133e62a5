// What sizes a server wants, by what was measured of it.
//
//   slots of a lane     calls that come a second * what one takes = slots that they hold, and
//                       headroom. Where they wait, at least those that ran and waited. Where the
//                       provider throttles: as many as it answered at once, and no headroom
//   its queue           so many that the last of them has its slot within the wait that is allowed
//   turns of a thread   places in the ratio of the turns that came to those that were let in, as
//                       far as the time allows that the last of them then takes
//   threads in memory   turns that come a second * what one takes, and headroom; all that were
//                       inside at once at least, as turns wait for their pools in memory
//   connections         the most that were open, and those that were turned away, each as long as a
//                       turn takes
//
// A bound is raised where calls were refused by it or waited for it, lowered where more of it does
// harm, and kept otherwise. Clients that are refused come again at once, which is no load of its
// own: no more is advised than were inside at once, by connections or by turns.
//
// Threading: pure functions.
#pragma once

#include "bench/advise/pool_figures.hpp"
#include "bench/advise/turn_figures.hpp"
#include "bench/load/metrics_window.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parlance::bench {

struct AdviceOptions {
  double wait_s = 5;               // that a call may wait for its slot, and a turn for its thread
  std::optional<double> turn_s{};  // that a turn may take with its waits; then in place of wait_s
};

struct AdvisedSetting {
  std::string lane;  // "provider/model" whose setting it is; empty: the name is whole
  std::string name;  // as in the configuration
  std::uint64_t now = 0;
  std::uint64_t advised = 0;
  std::string why;
  bool is_flag = false;  // 1 is true
};

// Of what is expected to change.
struct ExpectedFigure {
  std::string name;
  double before = 0;
  double after = 0;
};

struct Advice {
  std::vector<AdvisedSetting> settings;  // those that stay as they are, too
  std::vector<ExpectedFigure> expected;
  std::vector<std::string> not_measured;  // and is not advised on for that reason

  bool changes_any() const;
};

inline constexpr double calls_least = 20;  // that a size is derived from; of turns, as many
inline constexpr double at_limit = 0.95;   // of a bound: it is reached

// printf's format; at most 511 characters.
[[gnu::format(printf, 1, 2)]] std::string text_of(const char* format, ...);

// Of one lane, and of what turns need besides: what is said of them joins `advice`.
void advise_on_pool(const PoolFigures& pool,
                    const TurnFigures& turns,
                    const AdviceOptions& options,
                    Advice& advice);
void advise_on_turns(const TurnFigures& turns, const AdviceOptions& options, Advice& advice);

// invalid_value: there is nothing to derive advice from.
Result<Advice> advise(const MetricsWindow& window, const AdviceOptions& options);

// What an earlier advice may have expected something of, by name.
std::map<std::string, double> figures_by_name(const MetricsWindow& window);

}  // namespace parlance::bench
