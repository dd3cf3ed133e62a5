// parlance-bench: a load generator and a mock provider. docs/bench.md says how to use them.
#include "bench/advise/advice_report.hpp"
#include "bench/advise/source.hpp"
#include "bench/command_line.hpp"
#include "bench/load/arrivals.hpp"
#include "bench/load/figures_json.hpp"
#include "bench/load/load_run.hpp"
#include "bench/load/report.hpp"
#include "bench/load/scenario.hpp"
#include "bench/mock/server.hpp"
#include "bench/report/compare.hpp"
#include "bench/report/files.hpp"
#include "bench/report/live_view.hpp"
#include "bench/stand/demo.hpp"
#include "bench/suites/suite_report.hpp"
#include "bench/suites/suites.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/units.hpp"

#include <boost/asio/signal_set.hpp>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

namespace parlance::bench {
namespace {

// Each connection is a file descriptor.
void raise_open_files_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int run(const ExitCommand& command) {
  (command.code == 0 ? std::cout : std::cerr) << command.text;
  return command.code;
}

int run(const MockCommand& command) {
  boost::asio::io_context io(1);
  MockServer server(io, command.settings, command.port);
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { io.stop(); });
  std::cout << "parlance-bench mock: ready on http://127.0.0.1:" << server.port() << std::endl;
  io.run();
  return 0;
}

// What a caller of the program is told.
enum ExitCode : int { ok = 0, gate = 1, usage = 2, invalid = 3, regression = 4, integrity = 5 };

// Nothing for no name.
bool write_file(const std::string& name, const std::string& text) {
  if (name.empty()) return true;
  std::ofstream file(name);
  file << text << "\n";
  if (file.flush()) return true;
  std::cerr << "parlance-bench: " << name << " cannot be written\n";
  return false;
}

// Shown on standard error while it goes on.
Result<Figures> run_shown(const LoadPlan& plan) {
  LiveView view(plan, stderr);
  return run_load(plan, [&](const Figures& so_far) { view.show(so_far); });
}

int run(const RunCommand& command) {
  const LoadPlan& plan = command.plan;
  if (command.dry_run) {
    std::cout << scenario_of(plan).dump(2) << "\nschedule " << schedule_hash(plan) << "\n";
    return ExitCode::ok;
  }
  const auto figures = command.quiet ? run_load(plan) : run_shown(plan);
  if (!figures) {
    std::cerr << "parlance-bench run: " << figures.error().detail << "\n";
    return ExitCode::gate;
  }
  const auto judgements = judge(command.expectations, *figures);
  const auto json = to_json(plan, *figures, judgements);
  const bool json_only = command.json_file == "-";
  std::cout << (json_only ? json.dump(2) + "\n" : report(plan, *figures));
  const bool written =
      (json_only || write_file(command.json_file, json.dump(2))) &&
      write_file(command.html_file, html_report(json)) &&
      write_file(command.csv_file, csv_report(*figures)) &&
      write_file(command.junit_file, junit_report(judgements, invalid_because(plan, *figures)));
  if (!written) return ExitCode::gate;
  if (figures->responses == 0) {
    std::cerr << "parlance-bench run: nothing answered\n";
    return ExitCode::gate;
  }
  (json_only ? std::cerr : std::cout) << report(judgements);
  if (invalid_because(plan, *figures)) return ExitCode::invalid;
  return all_held(judgements) ? ExitCode::ok : ExitCode::gate;
}

int run(const DemoCommand& command) {
  StandOptions options = demo_stand();
  options.server = command.server;
  auto stand = Stand::start(options);
  if (!stand) {
    std::cerr << "parlance-bench demo: " << stand.error().detail << "\n";
    return ExitCode::gate;
  }
  const LoadPlan plan = demo_plan(stand->url());
  std::cout << "parlance-bench demo: a server at " << stand->url() << ", a model of 32 slots, and "
            << "people who come, talk and think; a rush from 5 s to 7 s" << std::endl;
  const auto figures = run_shown(plan);
  if (!figures) {
    std::cerr << "parlance-bench demo: " << figures.error().detail << "\n";
    return ExitCode::gate;
  }
  std::cout << report(plan, *figures);
  if (!write_file(command.html_file, html_report(to_json(plan, *figures)))) return ExitCode::gate;
  std::cout << "\nThe report, for any browser: " << command.html_file << "\n";
  const bool all_right = figures->failed == 0 && figures->wrong_answers == 0;
  return all_right ? ExitCode::ok : ExitCode::gate;
}

ExitCode exit_code(const SuiteResult& result) {
  const auto word = verdict(result);
  if (word == "integrity") return ExitCode::integrity;
  if (word == "invalid") return ExitCode::invalid;
  return word == "passed" ? ExitCode::ok : ExitCode::gate;
}

int run(const SuiteCommand& command) {
  const auto entry = std::find_if(suites().begin(), suites().end(), [&](const SuiteEntry& each) {
    return each.name == command.name;
  });
  const Suite suite = entry->make(command.time);
  std::optional<LiveView> view;
  SuiteProgress progress;
  progress.stage = [&](const Stage& stage) {
    view.reset();
    std::cerr << "stage " << stage.name << std::endl;
    view.emplace(stage.load, stderr);
  };
  progress.load = [&](const Figures& so_far) { view->show(so_far); };
  const auto result = run_suite(suite, command.options, progress);
  view.reset();
  if (!result) {
    std::cerr << "parlance-bench suite: " << result.error().detail << "\n";
    return ExitCode::gate;
  }
  std::cout << report(*result);
  const bool written =
      write_file(command.json_file, to_json(*result).dump(2)) &&
      (command.html_file.empty() || write_file(command.html_file, html_report(*result)));
  if (!written) return ExitCode::gate;
  return exit_code(*result);
}

Result<Json> read_json(const std::string& file) {
  std::ifstream in(file);
  Json json = Json::parse(in, nullptr, /*allow_exceptions=*/false, /*ignore_comments=*/true);
  if (json.is_discarded())
    return Error{ErrorCode::invalid_value, file + " is no JSON file", {}, {}};
  return json;
}

Result<std::vector<Json>> read_reports(const std::vector<std::string>& files) {
  std::vector<Json> reports;
  for (const auto& file : files) {
    auto report = read_json(file);
    if (!report) return report.error();
    reports.push_back(*std::move(report));
  }
  return reports;
}

// Both servers by turns, the first of each pair by the seed.
Result<void> run_by_turns(const CompareCommand& command,
                          std::vector<Json>& base,
                          std::vector<Json>& changed) {
  std::mt19937_64 random(command.plan.seed);
  for (std::uint32_t round = 1; round <= command.rounds; ++round) {
    const bool changed_first = random() % 2 == 0;
    for (const bool is_changed : {changed_first, !changed_first}) {
      LoadPlan plan = command.plan;
      if (is_changed) plan.target = *command.changed;
      const auto figures = run_shown(plan);
      if (!figures) return figures.error();
      (is_changed ? changed : base).push_back(to_json(plan, *figures));
      std::cout << "round " << round << ", " << (is_changed ? "changed" : "base") << ": "
                << figures->finished_per_second() << " turns/s, turn p50 "
                << figures->turn.percentile_ms(50) << " ms" << std::endl;
    }
  }
  return {};
}

int run(const CompareCommand& command) {
  auto base = read_reports(command.base_files);
  auto changed = read_reports(command.changed_files);
  const auto fail = [](const Error& error) {
    std::cerr << "parlance-bench compare: " << error.detail << "\n";
    return ExitCode::invalid;
  };
  if (!base) return fail(base.error());
  if (!changed) return fail(changed.error());
  if (command.changed) {
    if (auto ran = run_by_turns(command, *base, *changed); !ran) return fail(ran.error());
  }
  const auto compared = compare(*base, *changed, command.noise);
  if (!compared) return fail(compared.error());
  std::cout << report(*compared);
  return compared->is_regression() ? ExitCode::regression : ExitCode::ok;
}

struct Measured {
  MetricsWindow metrics;
  AdviceOptions options;
};

Result<Measured> measure(const AdviseCommand& command) {
  Measured measured;
  if (command.wait) measured.options.wait_s = std::chrono::duration<double>(*command.wait).count();
  if (command.report_file.empty()) {
    std::cerr << "parlance-bench advise: watching for " << parlance::to_text(command.time)
              << std::endl;
    auto metrics = watch_metrics(command.target, command.key, command.time);
    if (!metrics) return metrics.error();
    measured.metrics = *std::move(metrics);
    return measured;
  }
  const auto report = read_json(command.report_file);
  if (!report) return report.error();
  auto metrics = metrics_of_report(*report);
  if (!metrics) {
    return Error{metrics.error().code, command.report_file + " " + metrics.error().detail, {}, {}};
  }
  measured.metrics = *std::move(metrics);
  if (!command.wait) measured.options.turn_s = turn_allowed_s(*report);
  return measured;
}

// None where no file was named. invalid_value: it is no JSON object.
Result<std::optional<Json>> read_object(const std::string& file) {
  if (file.empty()) return std::optional<Json>();
  auto object = read_json(file);
  if (!object) return object.error();
  if (!object->is_object())
    return Error{ErrorCode::invalid_value, file + " is no JSON object", {}, {}};
  return std::optional(*std::move(object));
}

int run(const AdviseCommand& command) {
  const auto fail = [](const Error& error) {
    std::cerr << "parlance-bench advise: " << error.detail << "\n";
    return ExitCode::invalid;
  };
  const auto configuration = read_object(command.configuration_file);
  if (!configuration) return fail(configuration.error());
  const auto earlier = read_object(command.earlier_file);
  if (!earlier) return fail(earlier.error());
  const auto measured = measure(command);
  if (!measured) return fail(measured.error());
  const auto advice = advise(measured->metrics, measured->options);
  if (!advice) return fail(advice.error());
  const auto json = to_json(*advice, *configuration);
  const bool json_only = command.json_file == "-";
  std::cout << (json_only ? json.dump(2) + "\n" : report(*advice));
  if (*earlier) {
    const auto came = report_what_came(**earlier, figures_by_name(measured->metrics));
    if (!came) return fail(came.error());
    (json_only ? std::cerr : std::cout) << "\n" << *came;
  }
  const bool written =
      (json_only || write_file(command.json_file, json.dump(2))) &&
      (!*configuration ||
       write_file(command.advised_file, advised_configuration(**configuration, *advice).dump(2)));
  return written ? ExitCode::ok : ExitCode::gate;
}

int run(const FindMaxCommand& command) {
  const auto probe = [&](std::size_t clients) {
    LoadPlan plan = command.plan;
    plan.clients = clients;
    return run_load(plan);
  };
  const auto found = find_max(
      command.search, probe, [](const Probe& seen) { std::cout << report(seen) << std::flush; });
  if (!found) {
    std::cerr << "parlance-bench find-max: " << found.error().detail << "\n";
    return 1;
  }
  std::cout << report(*found);
  return found->clients == 0 ? 1 : 0;
}

}  // namespace
}  // namespace parlance::bench

int main(int argc, char** argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);
    parlance::start_log(parlance::LogFormat::text, parlance::LogLevel::warn);
    parlance::bench::raise_open_files_limit();
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    const auto command = parlance::bench::read_command_line(arguments);
    return std::visit([](const auto& chosen) { return parlance::bench::run(chosen); }, command);
  } catch (const std::exception& exception) {
    std::cerr << "parlance-bench: " << exception.what() << "\n";
    return 1;
  }
}
