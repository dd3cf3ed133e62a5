#include "bench/suites/check.hpp"

#include "bench/load/bound.hpp"
#include "bench/load/expectation.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace parlance::bench {
namespace {

constexpr std::string_view nothing = "nothing measured";

template <class Value>
Value required(Result<Value> value, const Check& check) {
  if (!value) throw std::logic_error(check.expects + ": " + value.error().detail);
  return *std::move(value);
}

std::string shown(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

void judge_load(const Check& check, const Findings& findings, CheckResult& result) {
  const auto dot = check.expects.find('.');
  const auto expectation =
      required(parse_expectation(std::string_view(check.expects).substr(dot + 1)), check);
  const auto load = findings.loads.find(check.expects.substr(0, dot));
  if (load == findings.loads.end()) return;
  const auto judgement = judge({expectation}, load->second.figures);
  result.seen = judgement[0].measured;
  result.held = judgement[0].held;
}

void judge_number(const Check& check,
                  const BoundText& parts,
                  const Findings& findings,
                  CheckResult& result) {
  const auto holds = required(parse_bound(parts.bound, /*is_time=*/false), check);
  const auto number = findings.numbers.find(std::string(parts.figure));
  if (number == findings.numbers.end()) return;
  result.seen = shown(number->second);
  result.held = holds(number->second);
}

}  // namespace

std::vector<CheckResult> judge(const std::vector<Check>& checks, const Findings& findings) {
  std::vector<CheckResult> results;
  for (const auto& check : checks) {
    const auto parts = required(split_bound(check.expects), check);
    CheckResult result{.asks = check.asks,
                       .figure = std::string(parts.figure),
                       .expected = std::string(parts.bound),
                       .seen = std::string(nothing),
                       .kind = check.kind};
    const auto stage = std::string(parts.figure.substr(0, parts.figure.find('.')));
    if (findings.loads.contains(stage) && !findings.numbers.contains(result.figure)) {
      judge_load(check, findings, result);
    } else {
      judge_number(check, parts, findings, result);
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace parlance::bench
