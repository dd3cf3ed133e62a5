#include "bench/suites/suite_bed.hpp"

#include "bench/load/http_call.hpp"
#include "bench/load/metrics_text.hpp"

#include <array>
#include <utility>

namespace parlance::bench {
namespace {

struct Counter {
  std::string_view name;
  std::string_view metric;
  std::string_view label;
};
constexpr std::array counters{
    Counter{"journal_bytes", "parlance_journal_bytes_total", ""},
    Counter{"turns_finished", "parlance_turns_ended_total", R"(outcome="finished")"},
    Counter{"turns_ended", "parlance_turns_ended_total", ""},
    Counter{"streams_cut", "parlance_http_streams_cut_total", ""},
    Counter{"calls_at_once_max", "parlance_pool_running_max", R"(pool="llm")"}};

Json answer_of(const Target& target, std::string_view path) {
  const auto answer = http_call(target, "GET", path);
  return Json::parse(answer.status == 200 ? answer.body : "", nullptr, /*allow_exceptions=*/false);
}

}  // namespace

std::optional<double> SuiteBed::number(const std::string& name) const {
  const auto found = findings.numbers.find(name);
  if (found == findings.numbers.end()) return std::nullopt;
  return found->second;
}

double SuiteBed::difference(const std::string& most, const std::string& least) const {
  return number(most).value_or(0) - number(least).value_or(0);
}

std::optional<ServerSample> SuiteBed::note_moment(const std::string& moment) {
  auto sample = sample_of(target, stand.server_process());
  if (!sample) return std::nullopt;
  sample->at_s = watch.now_s();
  auto& numbers = findings.numbers;
  numbers[moment + ".at_s"] = sample->at_s;
  numbers[moment + ".data_bytes"] = static_cast<double>(stand.data_bytes());
  for (const auto& [name, value] : sampled_figures)
    numbers[moment + '.' + std::string(name)] = *sample.*value;
  const Json mock = ask_mock("/mock/stats");
  if (mock.is_object()) numbers[moment + ".mock_requests"] = mock.value("requests", 0.0);
  const MetricsText metrics(http_call(target, "GET", "/metrics").body);
  for (const auto& [name, metric, label] : counters)
    numbers[moment + '.' + std::string(name)] = metrics.sum(metric, label).value_or(0);
  return sample;
}

Json SuiteBed::ask_server(std::string_view path) const {
  return answer_of(target, path);
}

Json SuiteBed::ask_mock(std::string_view path) const {
  return answer_of(*parse_target(stand.mock_url()), path);
}

}  // namespace parlance::bench
