#include "bench/suites/suite_report.hpp"

#include "bench/load/figures_json.hpp"
#include "bench/report/files.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parlance::bench {
namespace {

std::string column(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text + "  ";
}

std::size_t widest(const std::vector<CheckResult>& checks, std::string CheckResult::*text) {
  std::size_t width = 0;
  for (const auto& check : checks)
    width = std::max(width, (check.*text).size());
  return width;
}

std::string number_text(double value) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value < 100 ? "%.4g" : "%.0f", value);
  return text.data();
}

std::string_view word(const CheckResult& check) {
  if (check.held) return "pass";
  return check.kind == CheckKind::integrity ? "FAIL: integrity" : "FAIL";
}

}  // namespace

std::string_view verdict(const SuiteResult& result) {
  if (!result.held(CheckKind::integrity)) return "integrity";
  if (result.invalid_because) return "invalid";
  return result.held(CheckKind::bound) ? "passed" : "failed";
}

std::string report(const SuiteResult& result) {
  const auto& checks = result.checks;
  const std::size_t asks = widest(checks, &CheckResult::asks);
  const std::size_t figure = widest(checks, &CheckResult::figure);
  const std::size_t expected = std::max<std::size_t>(8, widest(checks, &CheckResult::expected));
  const std::size_t seen = widest(checks, &CheckResult::seen);
  std::string text = "\n" + column("check", asks) + column("figure", figure) +
                     column("expected", expected) + column("seen", seen) + "verdict\n";
  for (const auto& check : checks) {
    text += column(check.asks, asks) + column(check.figure, figure) +
            column(check.expected, expected) + column(check.seen, seen);
    text.append(word(check)).append("\n");
  }
  text += "\n";
  for (const auto& [what, number] : result.shown) {
    const auto found = result.findings.numbers.find(std::string(number));
    text += column(std::string(what), asks) +
            (found == result.findings.numbers.end() ? "not measured" : number_text(found->second)) +
            "\n";
  }
  if (result.invalid_because) text += "\nINVALID: " + *result.invalid_because + "\n";
  return text.append("\nsuite ").append(result.name).append(": ").append(verdict(result)) + "\n";
}

Json to_json(const SuiteResult& result) {
  Json json{{"suite", result.name},
            {"verdict", verdict(result)},
            {"invalid", result.invalid_because ? Json(*result.invalid_because) : Json(nullptr)},
            {"checks", Json::array()},
            {"numbers", result.findings.numbers},
            {"loads", Json::object()},
            {"samples", Json::array()}};
  for (const auto& check : result.checks)
    json["checks"].push_back({{"asks", check.asks},
                              {"figure", check.figure},
                              {"expected", check.expected},
                              {"seen", check.seen},
                              {"held", check.held},
                              {"integrity", check.kind == CheckKind::integrity}});
  for (const auto& [name, load] : result.findings.loads)
    json["loads"][name] = to_json(load.plan, load.figures, {});
  for (const auto& sample : result.findings.samples)
    json["samples"].push_back(to_json(sample));
  return json;
}

std::string html_report(const SuiteResult& result) {
  const auto& loads = result.findings.loads;
  const auto longest =
      std::max_element(loads.begin(), loads.end(), [](const auto& one, const auto& other) {
        return one.second.figures.elapsed < other.second.figures.elapsed;
      });
  std::vector<Judgement> judgements;
  for (const auto& check : result.checks)
    judgements.push_back(
        {check.asks + ": " + check.figure + ' ' + check.expected, check.held, check.seen});
  return html_report(to_json(longest->second.plan, longest->second.figures, judgements));
}

}  // namespace parlance::bench
