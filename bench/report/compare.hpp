// Whether one set of load reports is worse than another: medians over the runs of each side, and
// how sure their ratio is.
//
// A ratio's interval is the middle 95 % of its bootstrap: the same ratio of runs drawn anew, with
// replacement, from each side (Efron, Ann. Statist. 7, 1979). A figure is worse only when all of
// the interval lies beyond the noise that is allowed.
//
// What cannot be compared is no pass: a report that is INVALID, or other loads on either side.
//
// Threading: pure functions.
#pragma once

#include "runtime/base/json.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace parlance::bench {

enum class Change : std::uint8_t { same, better, worse };

struct ComparedFigure {
  std::string name;
  double base = 0;  // medians
  double changed = 0;
  double ratio = 1;  // changed to base
  double ratio_least = 1;
  double ratio_most = 1;
  Change change = Change::same;
};

struct Comparison {
  std::vector<ComparedFigure> figures;
  std::vector<std::string> faults;  // answers that went wrong in the changed runs alone

  bool is_regression() const;
};

inline constexpr double noise_by_default = 0.05;

// Reports as figures_json.hpp makes them, at least two on each side. invalid_value when they cannot
// be compared.
Result<Comparison> compare(const std::vector<Json>& base,
                           const std::vector<Json>& changed,
                           double noise = noise_by_default);

std::string report(const Comparison& comparison);

}  // namespace parlance::bench
