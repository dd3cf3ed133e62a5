#include "bench/command_line.hpp"

#include "bench/load/load_options.hpp"
#include "bench/load/scenario.hpp"
#include "bench/suites/suites.hpp"
#include "runtime/base/units.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

namespace parlance::bench {
namespace {

constexpr std::string_view usage_hint =
    "\nTry `parlance-bench --help`, or `--help` after a command.\n";

struct MockOption {
  const char* name;
  const char* help;
};

// Their names and values are those of MockSettings.
constexpr std::array mock_options{
    MockOption{"tokens", "tokens of each answer (20)"},
    MockOption{"first-token-delay", "from the request to the first token (200ms)"},
    MockOption{"token-delay", "from one token to the next (20ms)"},
    MockOption{
        "fault",
        "what goes wrong, one or several with commas: a status from 400 to 599, hang, stall, "
        "cut, reset, garbage, error, slow, no_done, misfit, brief, foreign, no_usage"},
    MockOption{"fault-share", "the share of requests with a fault, 0 to 1 (1)"},
    MockOption{"fault-count-max", "so many faults, and no more (0: no limit)"},
    MockOption{"fault-model", "requests of this model alone have faults (all)"},
    MockOption{"seed", "which requests get a fault (1)"},
    MockOption{"slots", "answers at once (0: no limit)"},
    MockOption{"queue", "requests that wait for a slot; the next one gets 429 (0)"},
    MockOption{"retry-after", "the advice of 429 and 503 (1s)"},
    MockOption{"requests-per-minute", "requests beyond get 429 (0: no limit)"},
    MockOption{"tokens-per-minute", "requests of more tokens get 429 (0: no limit)"},
    MockOption{"limit-headers", "false: answers do not say what is left of these two (true)"},
    MockOption{"cached", "tokens of each prompt that a cache has, at most (0)"},
    MockOption{"key", "the key that is asked for (none)"}};

struct MockTexts {
  std::uint16_t port = 0;
  std::map<std::string, std::string> settings;
};

void add_mock(CLI::App& mock, MockTexts& texts) {
  mock.add_option("--port", texts.port, "0 takes a free one (0)");
  for (const auto& [name, help] : mock_options) {
    mock.add_option(std::string("--") + name, texts.settings[name], help);
  }
}

void add_run(CLI::App& run, LoadTexts& texts, RunCommand& command) {
  add_load(run, texts, command.plan);
  add_arrivals(run, texts, command.plan);
  run.add_option("--expect",
                 texts.expectations,
                 "a bound such as 'turn.p99<250ms'; exit code 1 where one does not hold")
      ->take_all();
  run.add_option("--json", command.json_file, "a file for all figures; - for standard output");
  run.add_option(
      "--html", command.html_file, "a file for a page with charts, which needs nothing else");
  run.add_option("--csv", command.csv_file, "a file for the timeline");
  run.add_option("--junit", command.junit_file, "a file for a CI's test report");
  run.add_flag("--quiet", command.quiet, "shows nothing while it goes on");
  run.add_flag(
      "--dry-run", command.dry_run, "shows the scenario and its schedule, and does nothing");
}

void add_find_max(CLI::App& find_max, LoadTexts& texts, FindMaxCommand& command) {
  add_load(find_max, texts, command.plan);
  find_max.add_option("--expect", texts.expectations, "a bound that has to hold: 'turn.p95<250ms'")
      ->take_all()
      ->required();
  find_max.add_option("--time", texts.time, "of each try (5s)");
  find_max.add_option("--clients-least", command.search.clients_least, "to begin with (1)");
  find_max.add_option("--clients-most", command.search.clients_most, "to end with (10000)");
  find_max.add_option(
      "--tries", command.search.tries_max, "of each number, the most decide; odd (3)");
}

void add_demo(CLI::App& demo, DemoCommand& command) {
  demo.add_option("--server", command.server, "the server's program (parlance, beside this one)");
  demo.add_option("--html", command.html_file, "the report (parlance-demo.html)");
}

struct SuiteTexts {
  std::string time;
  std::string configuration;
  std::string mock;
};

void add_suite(CLI::App& suite, SuiteTexts& texts, SuiteCommand& command) {
  std::string names;
  for (const auto& each : suites())
    names.append(names.empty() ? "" : ", ").append(each.name);
  suite.add_option("name", command.name, names)->required();
  suite.add_option("--time", texts.time, "of its load (the short form, some seconds)");
  suite.add_option("--server", command.options.server, "the server's program (beside this one)");
  suite.add_option(
      "--configuration", texts.configuration, "a JSON object: changes of the server's");
  suite.add_option("--mock", texts.mock, "a JSON object: settings of the mock, at all times");
  suite.add_option("--json", command.json_file, "a file for all that was seen");
  suite.add_option("--html", command.html_file, "a file for a page with charts");
}

struct CompareTexts {
  LoadTexts load;
  std::string changed_url;
};

void add_compare(CLI::App& compare, CompareTexts& texts, CompareCommand& command) {
  add_load(compare, texts.load, command.plan);
  add_arrivals(compare, texts.load, command.plan);
  compare.add_option("--changed-url", texts.changed_url, "the server that is held against --url");
  compare.add_option("--rounds", command.rounds, "runs of each, by turns (5)");
  compare.add_option("--noise", command.noise, "the change that is none (0.05)");
  compare.add_option("--base", command.base_files, "reports (--json) in place of runs")->take_all();
  compare.add_option("--changed", command.changed_files, "those held against them")->take_all();
}

void settle(CompareCommand& command, const CompareTexts& texts) {
  const bool has_files = !command.base_files.empty() || !command.changed_files.empty();
  check(has_files != !texts.changed_url.empty(),
        "compare needs --changed-url, or --base and --changed");
  check(!has_files || (!command.base_files.empty() && !command.changed_files.empty()),
        "--base and --changed need each other");
  check(command.rounds >= 2 && command.rounds <= 100, "--rounds: not from 2 to 100");
  check(command.noise >= 0 && command.noise < 1, "--noise: not from 0 to 1");
  settle(command.plan, texts.load);
  if (!has_files) command.changed = settled_target("changed-url", texts.changed_url);
}

Json object_of(const std::string& option, const std::string& text) {
  constexpr std::size_t depth_max = 32;
  if (text.empty()) return Json::object();
  auto object = parse_json(text, depth_max);
  check(object && object->is_object(), "--" + option + ": not a JSON object");
  return *std::move(object);
}

std::chrono::milliseconds duration_of(const std::string& option, const std::string& text) {
  const auto time = parse_duration(text);
  check(time && time->count() > 0, "--" + option + ": not a duration above 0");
  return *time;
}

void settle(SuiteCommand& command, const SuiteTexts& texts) {
  const bool is_known = std::any_of(suites().begin(), suites().end(), [&](const SuiteEntry& each) {
    return each.name == command.name;
  });
  check(is_known, '"' + command.name + "\" is not a suite");
  command.options.configuration = object_of("configuration", texts.configuration);
  command.options.mock = object_of("mock", texts.mock);
  if (texts.time.empty()) return;
  command.time = duration_of("time", texts.time);
}

void settle(FindMaxCommand& command, LoadTexts texts) {
  if (texts.time.empty()) texts.time = "5s";
  settle(command.plan, texts);
  command.search.expectations = expectations_of(texts);
  const auto& search = command.search;
  check(search.clients_least >= 1 && search.clients_least <= search.clients_most &&
            search.clients_most <= clients_max,
        "--clients-least, --clients-most: not in order, or not from 1 to 50,000");
  check(search.tries_max % 2 == 1 && search.tries_max <= 99, "--tries: not odd, or above 99");
}

struct AdviseTexts {
  std::string url;
  std::string time;
  std::string wait;
};

void add_advise(CLI::App& advise, AdviseTexts& texts, AdviseCommand& command) {
  advise.add_option("--run", command.report_file, "a report (run --json) of a load on the server");
  advise.add_option("--url", texts.url, "in place of a report: a server that is at work");
  advise.add_option("--key", command.key, "its key, with the scope metrics or admin");
  advise.add_option("--time", texts.time, "so long it is watched (30s)");
  advise.add_option(
      "--wait", texts.wait, "that a call may wait for its slot (what the run's SLOs leave, or 5s)");
  advise.add_option("--config", command.configuration_file, "the server's configuration");
  advise.add_option("--config-out", command.advised_file, "a file for it with the advised sizes");
  advise.add_option(
      "--json", command.json_file, "a file for the advice; - for standard output, in its place");
  advise.add_option("--expected", command.earlier_file, "an earlier advice: was it right?");
}

void settle(AdviseCommand& command, const AdviseTexts& texts) {
  check(!command.report_file.empty() || !texts.url.empty(), "advise needs --run or --url");
  check(command.report_file.empty() || texts.url.empty(), "--run is in place of --url");
  check(command.report_file.empty() || (texts.time.empty() && command.key.empty()),
        "--time and --key are for --url");
  check(command.advised_file.empty() || !command.configuration_file.empty(),
        "--config-out needs --config");
  if (!texts.url.empty()) command.target = settled_target("url", texts.url);
  if (!texts.time.empty()) command.time = duration_of("time", texts.time);
  if (!texts.wait.empty()) command.wait = duration_of("wait", texts.wait);
}

MockSettings settings_of(const CLI::App& mock, const MockTexts& texts) {
  MockSettings settings;
  for (const auto& [name, text] : texts.settings) {
    if (mock.count("--" + name) == 0) continue;
    const auto done = set(settings, name, text);
    if (!done) throw UsageError("--" + name + ": " + done.error().detail);
  }
  return settings;
}

// The arguments, with those of a scenario's file in front of the command's own, which so have the
// last word.
std::vector<std::string> with_scenario(std::span<const std::string_view> arguments) {
  std::vector<std::string> all(arguments.begin(), arguments.end());
  const auto option = std::find(all.begin(), all.end(), "--scenario");
  if (option == all.end()) return all;
  check(option + 1 != all.end(), "--scenario: the file is missing");
  const std::string name = *(option + 1);
  all.erase(option, option + 2);
  std::ifstream file(name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  check(bool(file), "--scenario: " + name + " cannot be read");
  auto own = scenario_arguments(text.str());
  if (!own) throw UsageError("--scenario: " + own.error().detail);
  check(!all.empty(), "--scenario: it stands after a command");
  all.insert(all.begin() + 1, own->begin(), own->end());
  return all;
}

ExitCommand wrong_usage(const std::string& message) {
  return {2, "parlance-bench: " + message + std::string(usage_hint)};
}

}  // namespace

Command read_command_line(std::span<const std::string_view> arguments) {
  CLI::App app("Load, and a provider to put behind it.", "parlance-bench");
  app.require_subcommand(0, 1);
  app.option_defaults()->take_last();
  auto& mock = *app.add_subcommand("mock", "an OpenAI-compatible provider that costs nothing");
  auto& run = *app.add_subcommand("run", "puts load on a server and measures it");
  auto& find_max = *app.add_subcommand("find-max", "finds the most clients that a server holds");
  auto& demo = *app.add_subcommand("demo", "a server, a provider, people and a report, in seconds");
  auto& suite = *app.add_subcommand("suite", "holds a server to what is asked of it under load");
  auto& advise = *app.add_subcommand("advise", "says what sizes a server wants");
  auto& compare = *app.add_subcommand("compare", "says whether a server is worse than another");
  MockTexts mock_texts;
  LoadTexts run_texts;
  LoadTexts find_max_texts;
  RunCommand run_command;
  FindMaxCommand find_max_command;
  add_mock(mock, mock_texts);
  add_run(run, run_texts, run_command);
  add_find_max(find_max, find_max_texts, find_max_command);
  CompareTexts compare_texts;
  CompareCommand compare_command;
  add_compare(compare, compare_texts, compare_command);
  DemoCommand demo_command;
  add_demo(demo, demo_command);
  SuiteTexts suite_texts;
  SuiteCommand suite_command;
  add_suite(suite, suite_texts, suite_command);
  AdviseTexts advise_texts;
  AdviseCommand advise_command;
  add_advise(advise, advise_texts, advise_command);

  const std::string missing =
      "a command is missing: demo, run, find-max, compare, suite, advise or mock";
  if (arguments.empty()) return wrong_usage(missing);
  const auto first = arguments[0];
  const auto commands = app.get_subcommands({});
  const bool is_known = std::any_of(commands.begin(), commands.end(), [&](const CLI::App* each) {
    return each->get_name() == first;
  });
  if (!first.starts_with('-') && !is_known) {
    return wrong_usage(
        "\"" + std::string(first) +
        "\" is not a command; they are demo, run, find-max, compare, suite, advise and mock");
  }
  try {
    const auto all = with_scenario(arguments);
    // CLI11 takes them last first.
    std::vector<std::string> reversed(all.rbegin(), all.rend());
    app.parse(std::move(reversed));
    if (mock.parsed()) return MockCommand{mock_texts.port, settings_of(mock, mock_texts)};
    if (find_max.parsed()) {
      settle(find_max_command, find_max_texts);
      return find_max_command;
    }
    if (demo.parsed()) return demo_command;
    if (suite.parsed()) {
      settle(suite_command, suite_texts);
      return suite_command;
    }
    if (advise.parsed()) {
      settle(advise_command, advise_texts);
      return advise_command;
    }
    if (compare.parsed()) {
      settle(compare_command, compare_texts);
      return compare_command;
    }
    if (!run.parsed()) return wrong_usage(missing);
    settle(run_command.plan, run_texts);
    run_command.expectations = expectations_of(run_texts);
    return run_command;
  } catch (const CLI::CallForHelp&) {
    return ExitCommand{0, app.help()};
  } catch (const CLI::ParseError& error) {
    return wrong_usage(error.what());
  } catch (const UsageError& error) {
    return wrong_usage(error.what());
  }
}

}  // namespace parlance::bench
