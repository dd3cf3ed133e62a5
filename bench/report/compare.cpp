#include "bench/report/compare.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <random>
#include <string_view>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::size_t runs_min = 2;
constexpr std::size_t resamples = 2'000;

using Pointer = Json::json_pointer;

struct Figure {
  const char* name;
  const char* path;
  bool more_is_better;
};

constexpr std::array figures{Figure{"finished turns/s", "/finished_per_second", true},
                             Figure{"turn p50", "/ms/turn/p50", false},
                             Figure{"turn p99", "/ms/turn/p99", false},
                             Figure{"first text p50", "/ms/first_text/p50", false},
                             Figure{"first text p99", "/ms/first_text/p99", false},
                             Figure{"longest gap p99", "/ms/stall/p99", false}};

Error cannot(const std::string& why) {
  return {ErrorCode::invalid_value, "they cannot be compared: " + why, {}, {}};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> drawn_anew(const std::vector<double>& values, std::mt19937_64& random) {
  std::uniform_int_distribution<std::size_t> index(0, values.size() - 1);
  std::vector<double> drawn;
  drawn.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    drawn.push_back(values[index(random)]);
  return drawn;
}

// The load without the address that it went to.
Json load_of(const Json& report) {
  Json load = report.value("scenario", Json::object());
  load.erase("url");
  return load;
}

std::optional<Error> refusal_of(const std::vector<Json>& base, const std::vector<Json>& changed) {
  if (base.size() < runs_min || changed.size() < runs_min)
    return cannot("each side needs two runs at least");
  const Json load = load_of(base.front());
  for (const auto* side : {&base, &changed}) {
    for (const auto& report : *side) {
      if (!report.is_object() || !report.contains("audit"))
        return cannot("one is no report of a load");
      if (!report["audit"].value("valid", false))
        return cannot("one is INVALID: " + report["audit"].value("reason", std::string()));
      if (load_of(report) != load) return cannot("their loads differ");
    }
  }
  return std::nullopt;
}

std::vector<double> values_of(const std::vector<Json>& reports, const char* path) {
  std::vector<double> values;
  for (const auto& report : reports)
    values.push_back(report.value(Pointer(path), 0.0));
  return values;
}

ComparedFigure compared(const Figure& figure,
                        const std::vector<double>& base,
                        const std::vector<double>& changed,
                        double noise) {
  ComparedFigure made{figure.name, median(base), median(changed)};
  made.ratio = made.changed / made.base;
  std::mt19937_64 random(1);
  std::vector<double> ratios;
  for (std::size_t i = 0; i < resamples; ++i)
    ratios.push_back(median(drawn_anew(changed, random)) / median(drawn_anew(base, random)));
  std::sort(ratios.begin(), ratios.end());
  made.ratio_least = ratios[resamples / 40];
  made.ratio_most = ratios[resamples - 1 - resamples / 40];
  const bool grew = made.ratio_least > 1 + noise;
  const bool shrank = made.ratio_most < 1 - noise;
  if (grew || shrank) made.change = grew == figure.more_is_better ? Change::better : Change::worse;
  return made;
}

std::uint64_t sum_of(const std::vector<Json>& reports, const char* name) {
  std::uint64_t sum = 0;
  for (const auto& report : reports)
    sum += report.value(name, std::uint64_t{0});
  return sum;
}

std::string_view to_string(Change change) {
  switch (change) {
    case Change::better:
      return "better";
    case Change::worse:
      return "WORSE";
    case Change::same:
      break;
  }
  return "the same";
}

}  // namespace

bool Comparison::is_regression() const {
  return !faults.empty() || std::any_of(figures.begin(), figures.end(), [](const auto& figure) {
    return figure.change == Change::worse;
  });
}

Result<Comparison> compare(const std::vector<Json>& base,
                           const std::vector<Json>& changed,
                           double noise) {
  if (auto refusal = refusal_of(base, changed)) return *std::move(refusal);
  Comparison comparison;
  for (const auto& figure : figures) {
    const auto before = values_of(base, figure.path);
    const auto after = values_of(changed, figure.path);
    const auto is_measured = [](double value) { return value > 0; };
    if (std::all_of(before.begin(), before.end(), is_measured) &&
        std::all_of(after.begin(), after.end(), is_measured))
      comparison.figures.push_back(compared(figure, before, after, noise));
  }
  if (comparison.figures.empty()) return cannot("nothing was finished");
  for (const char* fault : {"failed", "wrong_answers"}) {
    const auto count = sum_of(changed, fault);
    if (count > 0 && sum_of(base, fault) == 0)
      comparison.faults.push_back(std::to_string(count) + " " + fault + ", where there were none");
  }
  return comparison;
}

std::string report(const Comparison& comparison) {
  std::array<char, 160> line{};
  std::snprintf(line.data(),
                line.size(),
                "  %-18s %12s %12s %8s   %s\n",
                "medians",
                "base",
                "changed",
                "ratio",
                "95 %");
  std::string text = line.data();
  for (const auto& figure : comparison.figures) {
    std::snprintf(line.data(),
                  line.size(),
                  "  %-18s %12.3f %12.3f %8.3f   %.3f to %.3f   %s\n",
                  figure.name.c_str(),
                  figure.base,
                  figure.changed,
                  figure.ratio,
                  figure.ratio_least,
                  figure.ratio_most,
                  std::string(to_string(figure.change)).c_str());
    text += line.data();
  }
  for (const auto& fault : comparison.faults)
    text += "  WRONG: " + fault + "\n";
  return text;
}

}  // namespace parlance::bench
