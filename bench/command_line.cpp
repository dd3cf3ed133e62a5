#include "bench/command_line.hpp"

#include "runtime/base/units.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

namespace parlance::bench {
namespace {

constexpr std::string_view usage_hint =
    "\nTry `parlance-bench --help`, or `--help` after a command.\n";

constexpr std::size_t clients_max = 50'000;

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
        "cut, reset, garbage, error, slow, no_done"},
    MockOption{"fault-share", "the share of requests with a fault, 0 to 1 (1)"},
    MockOption{"fault-count-max", "so many faults, and no more (0: no limit)"},
    MockOption{"seed", "which requests get a fault (1)"},
    MockOption{"slots", "answers at once (0: no limit)"},
    MockOption{"queue", "requests that wait for a slot; the next one gets 429 (0)"},
    MockOption{"retry-after", "the advice of 429 and 503 (1s)"},
    MockOption{"cached", "tokens of each prompt that a cache has, at most (0)"},
    MockOption{"key", "the key that is asked for (none)"}};

// CLI11 reports by exception; so do the checks here, to end in one place.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

template <class Value>
Value required(Result<Value> value, const std::string& option) {
  if (!value) throw UsageError("--" + option + ": " + value.error().detail);
  return *std::move(value);
}

template <class Choice>
Choice choose(const std::string& option,
              const std::string& text,
              const std::vector<std::pair<std::string, Choice>>& choices) {
  std::string names;
  for (const auto& [name, choice] : choices) {
    if (name == text) return choice;
    names += (names.empty() ? "" : ", ") + name;
  }
  throw UsageError("--" + option + ": \"" + text + "\" is not one of " + names);
}

void check(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

struct MockTexts {
  std::uint16_t port = 0;
  std::map<std::string, std::string> settings;
};

// Of a load.
struct LoadTexts {
  std::string url = "http://127.0.0.1:8080";
  std::string surface = "langgraph";
  std::string mode = "wait";
  std::string arrivals = "constant";
  std::string check = "auto";
  std::string time;
  std::string timeout = "60s";
  std::string input;
  std::int64_t turns_per_thread = -1;
  std::vector<std::string> expectations;
};

void add_mock(CLI::App& mock, MockTexts& texts) {
  mock.add_option("--port", texts.port, "0 takes a free one (0)");
  for (const auto& [name, help] : mock_options) {
    mock.add_option(std::string("--") + name, texts.settings[name], help);
  }
}

// What every load has.
void add_load(CLI::App& command, LoadTexts& texts, LoadPlan& plan) {
  command.add_option("--url", texts.url, "the server (http://127.0.0.1:8080)");
  command.add_option("--key", plan.key, "its API key");
  command.add_option("--surface", texts.surface, "langgraph or openai (langgraph)");
  command.add_option("--agent", plan.agent, "the agent, or the model (echo)");
  command.add_option("--mode", texts.mode, "wait or stream (wait)");
  command.add_option(
      "--text", plan.text, "what is said; {n} becomes the turn's number (hello {n})");
  command.add_option(
      "--input", texts.input, "a JSON object: further members of the input (langgraph)");
  command.add_option(
      "--check", texts.check, "answers: none, echo, mock, or auto: echo for agent echo (auto)");
  command.add_option("--turns-per-thread",
                     texts.turns_per_thread,
                     "then a new thread (langgraph 5, openai 0: no thread)");
  command.add_option("--timeout", texts.timeout, "of each request (60s)");
  command.add_flag(
      "--obey-retry-after", plan.obey_retry_after, "a refused client waits as it was told");
}

void add_run(CLI::App& run, LoadTexts& texts, RunCommand& command) {
  auto& plan = command.plan;
  add_load(run, texts, plan);
  run.add_option("--clients", plan.clients, "connections (64)");
  run.add_option("--turns", plan.turns, "turns in all");
  run.add_option("--time", texts.time, "how long turns are begun (10s, unless --turns is given)");
  run.add_option("--open", plan.turns_per_second, "open loop: turns a second, answered or not");
  run.add_option("--arrivals", texts.arrivals, "of the open loop: constant or poisson (constant)");
  run.add_option(
      "--burst", plan.burst, "so many turns at one moment, on connections that are open");
  run.add_flag("--one-thread", plan.one_thread, "all turns of the burst on one thread");
  run.add_option("--expect",
                 texts.expectations,
                 "a bound such as 'turn.p99<250ms'; exit code 1 where one does not hold");
  run.add_option("--json", command.json_file, "a file for all figures; - for standard output");
  run.add_option("--seed", plan.seed, "of poisson arrivals (1)");
}

void add_find_max(CLI::App& find_max, LoadTexts& texts, FindMaxCommand& command) {
  add_load(find_max, texts, command.plan);
  find_max.add_option("--expect", texts.expectations, "a bound that has to hold: 'turn.p95<250ms'")
      ->required();
  find_max.add_option("--time", texts.time, "of each try (5s)");
  find_max.add_option("--clients-least", command.search.clients_least, "to begin with (1)");
  find_max.add_option("--clients-most", command.search.clients_most, "to end with (10000)");
  find_max.add_option(
      "--tries", command.search.tries_max, "of each number, the most decide; odd (3)");
}

AnswerCheck check_of(const std::string& text, const std::string& agent) {
  if (text == "auto") return agent == "echo" ? AnswerCheck::echo : AnswerCheck::none;
  return choose<AnswerCheck>(
      "check",
      text,
      {{"none", AnswerCheck::none}, {"echo", AnswerCheck::echo}, {"mock", AnswerCheck::mock}});
}

Json input_of(const std::string& text) {
  constexpr std::size_t depth_max = 32;
  auto input = text.empty() ? Json::object() : required(parse_json(text, depth_max), "input");
  check(input.is_object(), "--input: not a JSON object");
  check(!input.contains("messages"), "--input: messages are given by --text");
  return input;
}

std::vector<Expectation> expectations_of(const LoadTexts& texts) {
  std::vector<Expectation> expectations;
  for (const auto& text : texts.expectations)
    expectations.push_back(required(parse_expectation(text), "expect"));
  return expectations;
}

void settle(LoadPlan& plan, const LoadTexts& texts) {
  plan.target = required(parse_target(texts.url), "url");
  plan.surface = choose<Surface>(
      "surface", texts.surface, {{"langgraph", Surface::langgraph}, {"openai", Surface::openai}});
  plan.mode = choose<AnswerMode>(
      "mode", texts.mode, {{"wait", AnswerMode::wait}, {"stream", AnswerMode::stream}});
  plan.arrivals =
      choose<Arrivals>("arrivals",
                       texts.arrivals,
                       {{"constant", Arrivals::constant}, {"poisson", Arrivals::poisson}});
  plan.check = check_of(texts.check, plan.agent);
  plan.input = input_of(texts.input);
  plan.timeout = required(parse_duration(texts.timeout), "timeout");
  if (!texts.time.empty()) plan.time_max = required(parse_duration(texts.time), "time");
  if (texts.time.empty() && plan.turns == 0) plan.time_max = std::chrono::seconds(10);

  check(plan.clients >= 1 && plan.clients <= clients_max, "--clients: not from 1 to 50,000");
  check(plan.burst <= clients_max, "--burst: more than 50,000");
  check(std::isfinite(plan.turns_per_second) && plan.turns_per_second >= 0 &&
            plan.turns_per_second <= 1e6,
        "--open: not a rate from 0 to 1,000,000 turns a second");
  check(plan.timeout.count() > 0, "--timeout: must be above 0");
  check(!plan.one_thread || plan.burst > 0, "--one-thread needs --burst");
  check(plan.burst == 0 || plan.turns_per_second == 0, "--burst and --open exclude each other");
  check(plan.burst == 0 || (plan.turns == 0 && texts.time.empty()),
        "--burst says how many turns there are: --turns and --time exclude it");
  check(plan.surface == Surface::langgraph || plan.input.empty(),
        "--input needs --surface langgraph");
  for (const auto letter : plan.key) {
    check(letter > ' ' && letter <= '~', "--key: a key has no spaces and no control characters");
  }
  if (texts.turns_per_thread < 0) {
    check(texts.turns_per_thread == -1, "--turns-per-thread: below 0");
    plan.turns_per_thread = plan.surface == Surface::langgraph ? 5 : 0;
    return;
  }
  plan.turns_per_thread = static_cast<std::size_t>(texts.turns_per_thread);
  check(plan.turns_per_thread > 0 || plan.surface == Surface::openai,
        "--turns-per-thread: a run of the langgraph surface needs a thread");
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

MockSettings settings_of(const CLI::App& mock, const MockTexts& texts) {
  MockSettings settings;
  for (const auto& [name, text] : texts.settings) {
    if (mock.count("--" + name) == 0) continue;
    const auto done = set(settings, name, text);
    if (!done) throw UsageError("--" + name + ": " + done.error().detail);
  }
  return settings;
}

ExitCommand wrong_usage(const std::string& message) {
  return {2, "parlance-bench: " + message + std::string(usage_hint)};
}

}  // namespace

Command read_command_line(std::span<const std::string_view> arguments) {
  CLI::App app("Load, and a provider to put behind it.", "parlance-bench");
  app.require_subcommand(0, 1);
  auto& mock = *app.add_subcommand("mock", "an OpenAI-compatible provider that costs nothing");
  auto& run = *app.add_subcommand("run", "puts load on a server and measures it");
  auto& find_max = *app.add_subcommand("find-max", "finds the most clients that a server holds");
  MockTexts mock_texts;
  LoadTexts run_texts;
  LoadTexts find_max_texts;
  RunCommand run_command;
  FindMaxCommand find_max_command;
  add_mock(mock, mock_texts);
  add_run(run, run_texts, run_command);
  add_find_max(find_max, find_max_texts, find_max_command);

  const std::string missing = "a command is missing: mock, run or find-max";
  if (arguments.empty()) return wrong_usage(missing);
  const auto first = arguments[0];
  if (!first.starts_with('-') && first != "mock" && first != "run" && first != "find-max") {
    return wrong_usage("\"" + std::string(first) +
                       "\" is not a command; they are mock, run and find-max");
  }
  // CLI11 takes them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
    if (mock.parsed()) return MockCommand{mock_texts.port, settings_of(mock, mock_texts)};
    if (find_max.parsed()) {
      settle(find_max_command, find_max_texts);
      return find_max_command;
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
