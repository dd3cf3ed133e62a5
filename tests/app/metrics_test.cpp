#include "runtime/metrics/http_metrics.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/metrics/lane_metrics.hpp"
#include "runtime/metrics/money_metrics.hpp"
#include "runtime/metrics/pool_metrics.hpp"
#include "runtime/metrics/process_metrics.hpp"
#include "runtime/metrics/role_metrics.hpp"
#include "runtime/metrics/turn_metrics.hpp"
#include "runtime/metrics/webhook_metrics.hpp"

#include "settings/settings_metrics.hpp"
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace parlance {
namespace {

// "name type" of every family, sorted.
std::string families(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    constexpr std::string_view prefix = "# TYPE ";
    if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
  }
  std::sort(lines.begin(), lines.end());
  std::string joined;
  for (const auto& line : lines)
    joined += line + "\n";
  return joined;
}

TEST_CASE("the list of metrics is the one that is published") {
  Registry registry;
  const TurnMetrics turns(registry);
  HttpMetrics http(registry);
  const JournalMetrics journal(registry);
  const PoolMetrics llm(registry, "llm", "provider/model");
  const LaneMetrics lane(registry, "provider/model");
  const RoleMetrics role(registry, "role");
  const MoneyMetrics money(registry, {"tenant"}, {"day"}, {1});
  const WebhookMetrics webhooks(registry);
  SupervisionMetrics supervision(registry);
  supervision.declare("part");
  http.route("GET /ok");
  const ProcessMetrics process(registry);
  show_settings(registry, Settings{});

  std::ifstream file(PARLANCE_SOURCE_DIR "/tests/golden/metrics.txt");
  std::ostringstream golden;
  golden << file.rdbuf();
  CHECK(families(registry.text()) == golden.str());
}

TEST_CASE("settings that are numbers are shown as they are in force") {
  Registry registry;
  Settings settings;
  settings.threads.resident_max = 17;
  show_settings(registry, settings);
  const std::string text = registry.text();
  CHECK_THAT(text, Catch::Contains("parlance_setting{name=\"threads.resident_max\"} 17\n"));
  CHECK_THAT(text, Catch::Contains("parlance_setting{name=\"threads.idle_time_max\"} 300\n"));
  CHECK_THAT(text, Catch::Contains("parlance_setting{name=\"http.body_max\"} 65536\n"));
  CHECK_THAT(text, !Catch::Contains("keys_file"));
}

TEST_CASE("the memory of the process is looked up when somebody asks") {
  Registry registry;
  const ProcessMetrics process(registry);
  CHECK_THAT(registry.text(), !Catch::Contains("parlance_process_resident_bytes 0\n"));
}

}  // namespace
}  // namespace parlance
