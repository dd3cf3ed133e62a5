#include "bench/advise/source.hpp"

#include "bench/load/bound.hpp"
#include "bench/load/http_call.hpp"
#include "bench/load/metrics_text.hpp"
#include "bench/load/server_sample.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace parlance::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds look_interval{1'000};
constexpr unsigned unauthorized = 401;
constexpr unsigned forbidden = 403;

Error invalid(std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), {}, {}};
}

Result<void> look(const Target& target,
                  const std::string& key,
                  Clock::time_point start,
                  MetricsWindow& window) {
  const std::string where = "http://" + target.host + ":" + target.port + target.path;
  auto answer = http_call(target, "GET", "/metrics", {}, call_time_max, key);
  if (answer.end != ExchangeEnd::whole)
    return invalid(where + " does not answer: " + std::string(to_string(answer.end)));
  if (answer.status == unauthorized || answer.status == forbidden)
    return invalid(where + " refuses the key: /metrics needs one of the scope metrics or admin");
  const MetricsText page(std::move(answer.body));
  if (!server_sample(page)) return invalid(where + "/metrics is not that of a Parlance");
  window.see(std::chrono::duration<double>(answer.ended - start).count(), page);
  return {};
}

}  // namespace

Result<MetricsWindow> watch_metrics(const Target& target,
                                    const std::string& key,
                                    std::chrono::milliseconds time) {
  const auto start = Clock::now();
  const auto end = start + time;
  MetricsWindow window;
  for (auto next = start;;) {
    if (auto seen = look(target, key, start, window); !seen) return seen.error();
    if (next >= end) return window;
    next = std::min(next + look_interval, end);
    std::this_thread::sleep_until(next);
  }
}

Result<MetricsWindow> metrics_of_report(const Json& report) {
  if (!report.is_object() || !report.contains("scenario") || !report.contains("audit") ||
      !report["audit"].is_object() || !report["audit"].value("valid", Json()).is_boolean())
    return invalid("is no report of parlance-bench run");
  const Json metrics = report.value("metrics", Json());
  if (metrics.is_null())
    return invalid(
        "has no metrics: the server is no Parlance, or did not show them to the run's key");
  if (!report["audit"]["valid"].get<bool>())
    return invalid("is of an INVALID run, which says more of the generator than of the server");
  return MetricsWindow::from_json(metrics);
}

std::optional<double> turn_allowed_s(const Json& report) {
  std::optional<double> least;
  const Json scenario = report.value("scenario", Json());
  if (!scenario.is_object()) return least;
  const Json slos = scenario.value("slo", Json::array());
  for (const auto& slo : slos) {
    if (!slo.is_string()) continue;
    const auto& text = slo.get_ref<const std::string&>();
    const auto split = split_bound(text);
    if (!split || split->figure != "turn") continue;
    const auto digits = split->bound.find_first_of("0123456789");
    if (!split->bound.starts_with('<') || digits == std::string_view::npos) continue;
    const auto time = parse_duration(split->bound.substr(digits));
    if (!time) continue;
    const double seconds = std::chrono::duration<double>(*time).count();
    least = std::min(least.value_or(seconds), seconds);
  }
  return least;
}

}  // namespace parlance::bench
