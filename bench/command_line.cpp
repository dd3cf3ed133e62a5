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

struct RunTexts {
  std::string url = "http://127.0.0.1:8080";
  std::string surface = "langgraph";
  std::string mode = "wait";
  std::string arrivals = "constant";
  std::string check = "auto";
  std::string time;
  std::string timeout = "60s";
  std::string input;
  std::int64_t turns_per_thread = -1;
};

void add_mock(CLI::App& mock, MockTexts& texts) {
  mock.add_option("--port", texts.port, "0 takes a free one (0)");
  for (const auto& [name, help] : mock_options) {
    mock.add_option(std::string("--") + name, texts.settings[name], help);
  }
}

void add_run(CLI::App& run, RunTexts& texts, RunCommand& command) {
  auto& plan = command.plan;
  run.add_option("--url", texts.url, "the server (http://127.0.0.1:8080)");
  run.add_option("--key", plan.key, "its API key");
  run.add_option("--surface", texts.surface, "langgraph or openai (langgraph)");
  run.add_option("--agent", plan.agent, "the agent, or the model (echo)");
  run.add_option("--mode", texts.mode, "wait or stream (wait)");
  run.add_option("--text", plan.text, "what is said; {n} becomes the turn's number (hello {n})");
  run.add_option("--input", texts.input, "a JSON object: further members of the input (langgraph)");
  run.add_option(
      "--check", texts.check, "answers: none, echo, mock, or auto: echo for agent echo (auto)");
  run.add_option("--clients", plan.clients, "connections (64)");
  run.add_option("--turns", plan.turns, "turns in all");
  run.add_option("--time", texts.time, "how long turns are begun (10s, unless --turns is given)");
  run.add_option("--turns-per-thread",
                 texts.turns_per_thread,
                 "then a new thread (langgraph 5, openai 0: no thread)");
  run.add_option("--open", plan.turns_per_second, "open loop: turns a second, answered or not");
  run.add_option("--arrivals", texts.arrivals, "of the open loop: constant or poisson (constant)");
  run.add_option(
      "--burst", plan.burst, "so many turns at one moment, on connections that are open");
  run.add_flag("--one-thread", plan.one_thread, "all turns of the burst on one thread");
  run.add_option("--timeout", texts.timeout, "of each request (60s)");
  run.add_flag(
      "--obey-retry-after", plan.obey_retry_after, "a refused client waits as it was told");
  run.add_option("--json", command.json_file, "a file for all figures; - for standard output");
  run.add_option("--seed", plan.seed, "of poisson arrivals (1)");
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

void settle(LoadPlan& plan, const RunTexts& texts) {
  constexpr std::size_t clients_max = 50'000;
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
  MockTexts mock_texts;
  RunTexts run_texts;
  RunCommand run_command;
  add_mock(mock, mock_texts);
  add_run(run, run_texts, run_command);

  if (arguments.empty()) return wrong_usage("a command is missing: mock or run");
  if (!arguments[0].starts_with('-') && arguments[0] != "mock" && arguments[0] != "run") {
    return wrong_usage("\"" + std::string(arguments[0]) +
                       "\" is not a command; they are mock and run");
  }
  // CLI11 takes them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
    if (mock.parsed()) return MockCommand{mock_texts.port, settings_of(mock, mock_texts)};
    if (!run.parsed()) return wrong_usage("a command is missing: mock or run");
    settle(run_command.plan, run_texts);
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
