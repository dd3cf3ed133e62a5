#include "bench/load/expectation.hpp"

#include "bench/load/bound.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace parlance::bench {
namespace {

using Measure = std::function<std::optional<double>(const Figures&)>;

Error not_an_expectation(std::string_view text, const std::string& why) {
  return {ErrorCode::invalid_value, '"' + std::string(text) + "\": " + why, {}, {}};
}

std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

struct Count {
  std::string_view name;
  std::uint64_t Figures::*count;
  std::uint64_t (*whole)(const Figures&);  // that .share is of
};

std::uint64_t due(const Figures& figures) {
  return figures.due();
}
std::uint64_t sessions(const Figures& figures) {
  return figures.sessions;
}
std::uint64_t finished(const Figures& figures) {
  return figures.finished;
}
std::uint64_t refused(const Figures& figures) {
  return figures.refused;
}

constexpr std::array counts{Count{"sent", &Figures::sent, due},
                            Count{"finished", &Figures::finished, due},
                            Count{"refused", &Figures::refused, due},
                            Count{"failed", &Figures::failed, due},
                            Count{"not_sent", &Figures::not_sent, due},
                            Count{"good", &Figures::good, due},
                            Count{"sessions", &Figures::sessions, sessions},
                            Count{"sessions_finished", &Figures::sessions_finished, sessions},
                            Count{"sessions_good", &Figures::sessions_good, sessions},
                            Count{"wrong_answers", &Figures::wrong_answers, finished},
                            Count{"with_retry_after", &Figures::with_retry_after, refused}};

struct Times {
  std::string_view name;
  Histogram Figures::*histogram;
};

constexpr std::array times{Times{"turn", &Figures::turn},
                           Times{"service", &Figures::service},
                           Times{"first_text", &Figures::first_text},
                           Times{"first_text_service", &Figures::first_text_service},
                           Times{"gap", &Figures::gap},
                           Times{"stall", &Figures::stall},
                           Times{"per_text", &Figures::per_text},
                           Times{"session", &Figures::session},
                           Times{"refusal", &Figures::refusal},
                           Times{"new_thread", &Figures::new_thread},
                           Times{"start_delay", &Figures::start_delay}};

// Null: there is no such figure.
Measure count_named(std::string_view name, std::string_view part) {
  if (name == "finished" && part == "rate")
    return [](const Figures& figures) { return figures.finished_per_second(); };
  const auto* const found = std::find_if(
      counts.begin(), counts.end(), [&](const Count& count) { return count.name == name; });
  if (found == counts.end()) return nullptr;
  if (part.empty())
    return [found](const Figures& figures) { return static_cast<double>(figures.*found->count); };
  if (part != "share") return nullptr;
  return [found](const Figures& figures) {
    return share(figures.*found->count, found->whole(figures));
  };
}

Measure time_named(std::string_view name, std::string_view part) {
  const auto* const found = std::find_if(
      times.begin(), times.end(), [&](const Times& each) { return each.name == name; });
  if (found == times.end()) return nullptr;
  std::function<double(const Histogram&)> read;
  if (part == "mean") {
    read = &Histogram::mean_ms;
  } else if (part == "min") {
    read = &Histogram::least_ms;
  } else if (part == "max") {
    read = &Histogram::greatest_ms;
  } else if (part.starts_with('p')) {
    const auto percent = parse_number(part.substr(1));
    if (!percent || *percent <= 0 || *percent > 100) return nullptr;
    read = [percent = *percent](const Histogram& histogram) {
      return histogram.percentile_ms(percent);
    };
  } else {
    return nullptr;
  }
  return [found, read = std::move(read)](const Figures& figures) -> std::optional<double> {
    const Histogram& histogram = figures.*found->histogram;
    if (histogram.count() == 0) return std::nullopt;
    return read(histogram);
  };
}

std::string shown(double value, bool is_time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), is_time ? "%.1f ms" : "%.6g", value);
  return text.data();
}

}  // namespace

Result<Expectation> parse_expectation(std::string_view text) {
  const auto parts = split_bound(text);
  if (!parts) return not_an_expectation(text, parts.error().detail);
  const auto dot = parts->figure.find('.');
  const auto name = parts->figure.substr(0, dot);
  const auto part =
      dot == std::string_view::npos ? std::string_view() : parts->figure.substr(dot + 1);

  Expectation expectation;
  expectation.text = text;
  expectation.measure = time_named(name, part);
  expectation.is_time = expectation.measure != nullptr;
  if (!expectation.measure) expectation.measure = count_named(name, part);
  if (!expectation.measure)
    return not_an_expectation(text, "there is no figure " + std::string(parts->figure));
  auto holds = parse_bound(parts->bound, expectation.is_time);
  if (!holds) return not_an_expectation(text, holds.error().detail);
  expectation.holds = std::move(*holds);
  return expectation;
}

std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Figures& figures) {
  std::vector<Judgement> judgements;
  for (const auto& expectation : expectations) {
    const auto measured = expectation.measure(figures);
    judgements.push_back({expectation.text,
                          measured && expectation.holds(*measured),
                          measured ? shown(*measured, expectation.is_time) : "nothing measured"});
  }
  return judgements;
}

bool all_held(const std::vector<Judgement>& judgements) {
  return std::all_of(
      judgements.begin(), judgements.end(), [](const Judgement& each) { return each.held; });
}

}  // namespace parlance::bench
