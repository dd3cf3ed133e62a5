#include "bench/suites/suite_run.hpp"

#include "bench/load/report.hpp"

#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace parlance::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds rest_check_interval{50};

// What the suite does beside the load, each act at its moment.
Result<void> act(const Stage& stage, SuiteBed& bed) {
  const auto start = Clock::now();
  for (const auto& act : stage.acts) {
    std::this_thread::sleep_until(start + act.at);
    if (auto done = act.what(bed); !done) return done;
  }
  return {};
}

// On the stage's own time axis.
std::vector<ServerSample> samples_since(const SuiteBed& bed, double begin_s) {
  std::vector<ServerSample> samples;
  for (auto sample : bed.watch.samples()) {
    sample.at_s -= begin_s;
    if (sample.at_s >= 0) samples.push_back(sample);
  }
  return samples;
}

Result<void> run_stage(const Stage& stage,
                       const SuiteOptions& options,
                       const SuiteProgress& progress,
                       SuiteBed& bed) {
  Json mock = stage.mock;
  mock.merge_patch(options.mock);
  if (auto set = bed.stand.set_mock(mock); !set) return set;
  bed.note_moment(stage.name + ".begin");
  const double begin_s = bed.watch.now_s();
  LoadPlan plan = stage.load;
  plan.target = bed.target;
  auto load = std::async(std::launch::async, [&] { return run_load(plan, progress.load); });
  const auto acted = act(stage, bed);
  auto figures = load.get();
  if (!acted) return acted;
  if (!figures) return figures.error();
  bed.note_moment(stage.name + ".end");
  figures->server = samples_since(bed, begin_s);
  bed.findings.loads[stage.name] = {plan, *std::move(figures), stage.timed};
  return {};
}

void wait_for_rest(const Suite& suite, SuiteBed& bed) {
  const auto until = Clock::now() + suite.rest_time_max;
  while (Clock::now() < until) {
    const auto sample = sample_of(bed.target, bed.stand.server_process());
    if (sample && suite.is_at_rest(*sample)) return;
    std::this_thread::sleep_for(rest_check_interval);
  }
}

// `mock.requests` and its like.
void note_mock(SuiteBed& bed) {
  const Json stats = bed.ask_mock("/mock/stats");
  if (!stats.is_object()) return;
  for (const auto& [name, value] : stats.items()) {
    if (value.is_number()) bed.findings.numbers["mock." + name] = value.get<double>();
  }
}

// `server.resident_bytes.max` and its like.
void note_peaks(SuiteBed& bed) {
  bed.findings.samples = bed.watch.samples();
  for (const auto& [name, value] : sampled_figures) {
    double most = 0;
    for (const auto& sample : bed.findings.samples)
      most = std::max(most, sample.*value);
    bed.findings.numbers["server." + std::string(name) + ".max"] = most;
  }
}

std::optional<std::string> invalid_because(const Findings& findings) {
  for (const auto& [name, load] : findings.loads) {
    if (!load.timed) continue;
    if (auto reason = invalid_because(load.plan, load.figures)) return name + ": " + *reason;
  }
  return std::nullopt;
}

}  // namespace

bool holds_nothing(const ServerSample& sample) {
  return sample.turns_inside == 0 && sample.calls_running == 0 && sample.calls_waiting == 0 &&
         sample.streams_open == 0;
}

bool SuiteResult::held(CheckKind kind) const {
  return std::all_of(checks.begin(), checks.end(), [&](const CheckResult& check) {
    return check.held || check.kind != kind;
  });
}

Result<SuiteResult> run_suite(const Suite& suite,
                              const SuiteOptions& options,
                              const SuiteProgress& progress) {
  StandOptions wanted = suite.stand;
  wanted.server = options.server;
  wanted.changes.merge_patch(options.configuration);
  auto stand = Stand::start(wanted);
  if (!stand) return stand.error();
  const Target target = *parse_target(stand->url());
  Watch watch(target, stand->server_process(), suite.sample_interval);
  SuiteBed bed{*stand, target, watch, {}, nullptr};
  bed.note_moment("server.idle");
  for (const auto& stage : suite.stages) {
    if (progress.stage) progress.stage(stage);
    if (auto done = run_stage(stage, options, progress, bed); !done) return done.error();
  }
  wait_for_rest(suite, bed);
  bed.note_moment("server.end");
  note_mock(bed);
  note_peaks(bed);
  if (suite.derive) suite.derive(bed);

  SuiteResult result{.name = std::string(suite.name),
                     .findings = std::move(bed.findings),
                     .checks = {},
                     .shown = suite.shown,
                     .invalid_because = {}};
  result.checks = judge(suite.checks, result.findings);
  result.invalid_because = invalid_because(result.findings);
  return result;
}

}  // namespace parlance::bench
