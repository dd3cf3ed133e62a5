#include "bench/load/load_options.hpp"

#include "bench/load/bound.hpp"
#include "bench/load/trace.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace parlance::bench {
namespace {

using std::chrono::milliseconds;

constexpr double rate_max = 1e6;
constexpr double burstiness_max = 1'000;

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

Error wrong(std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), {}, {}};
}

Result<double> parse_rate(std::string_view text) {
  const auto rate = parse_number(text);
  if (!rate || *rate < 0 || *rate > rate_max)
    return wrong("\"" + std::string(text) + "\" is not a rate from 0 to 1,000,000 a second");
  return *rate;
}

Result<RateStep> parse_step(std::string_view text) {
  const auto colon = text.find(':');
  const auto rates = text.substr(0, colon);
  const auto dots = rates.find("..");
  const auto from = parse_rate(rates.substr(0, dots));
  const auto to = dots == std::string_view::npos ? from : parse_rate(rates.substr(dots + 2));
  if (!from) return from.error();
  if (!to) return to.error();
  RateStep step{*from, *to, std::nullopt};
  if (colon == std::string_view::npos) {
    if (step.from != step.to || step.from <= 0)
      return wrong("\"" + std::string(text) + "\" needs a time: RATE:TIME or FROM..TO:TIME");
    return step;
  }
  const auto time = parse_duration(text.substr(colon + 1));
  if (!time) return time.error();
  if (time->count() <= 0) return wrong("a step's time must be above 0");
  step.time = *time;
  return step;
}

// "mock:20": all of the mock's answers, which have 20 tokens.
AnswerCheck check_of(const std::string& text, LoadPlan& plan) {
  constexpr std::string_view whole = "mock:";
  constexpr double tokens_most = 100'000;
  if (text == "auto") return plan.agent == "echo" ? AnswerCheck::echo : AnswerCheck::none;
  if (text.starts_with(whole)) {
    const auto tokens = parse_number(std::string_view(text).substr(whole.size()));
    check(tokens && *tokens >= 1 && *tokens <= tokens_most, "--check: mock:TOKENS is a number");
    plan.answer_tokens = static_cast<std::uint32_t>(*tokens);
    return AnswerCheck::mock;
  }
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

// The time of all steps; none: the last one has no end.
std::optional<milliseconds> time_of(const std::vector<RateStep>& rates) {
  milliseconds sum{0};
  for (const auto& step : rates) {
    if (!step.time) return std::nullopt;
    sum += *step.time;
  }
  return sum;
}

void check_header(const std::string& header) {
  const auto colon = header.find(": ");
  check(colon != std::string::npos && colon > 0, "--header: \"" + header + "\" is not NAME: VALUE");
  const auto printable = [](char letter) { return letter >= ' ' && letter <= '~'; };
  check(std::all_of(header.begin(), header.end(), printable),
        "--header: a header has no control characters");
}

void settle_arrivals(LoadPlan& plan, const LoadTexts& texts) {
  plan.arrivals = choose<Arrivals>("arrivals",
                                   texts.arrivals,
                                   {{"constant", Arrivals::constant},
                                    {"poisson", Arrivals::poisson},
                                    {"gamma", Arrivals::gamma}});
  check(plan.burstiness > 0 && plan.burstiness <= burstiness_max,
        "--burstiness: not above 0, or above 1,000");
  if (!texts.open.empty() && texts.open != "0")
    plan.rates = required(parse_rates(texts.open), "open");
  if (!texts.think.empty()) plan.think_time = required(parse_think_time(texts.think), "think");
  if (!plan.trace_file.empty()) {
    check(plan.rates.empty(), "--trace and --open exclude each other");
    check(plan.time_scale > 0, "--time-scale: must be above 0");
    plan.trace = std::make_shared<const std::vector<TraceRow>>(
        required(read_trace(plan.trace_file, plan.time_scale), "trace"));
  }
  if (!texts.time.empty()) plan.time_max = required(parse_duration(texts.time), "time");
  const auto stepped = plan.rates.empty() ? std::nullopt : time_of(plan.rates);
  if (!plan.time_max) plan.time_max = stepped;
  if (!plan.time_max && plan.turns == 0 && !plan.trace) plan.time_max = std::chrono::seconds(10);
}

void check_arrivals(const LoadPlan& plan, const LoadTexts& texts) {
  check(plan.clients >= 1 && plan.clients <= clients_max, "--clients: not from 1 to 50,000");
  check(plan.burst <= clients_max, "--burst: more than 50,000");
  check(!plan.one_thread || plan.burst > 0, "--one-thread needs --burst");
  check(plan.burst == 0 || !plan.open(), "--burst and --open exclude each other");
  check(plan.burst == 0 || (plan.turns == 0 && texts.time.empty()),
        "--burst says how many turns there are: --turns and --time exclude it");
  check(!plan.sessions || !plan.rates.empty(), "--sessions needs --open");
  check(!plan.sessions || plan.turns_per_thread > 0, "--sessions needs --turns-per-thread");
  check(plan.think_time.most.count() == 0 || plan.sessions || (!plan.open() && plan.burst == 0),
        "--think is between the turns of a session, or of a closed loop: with --open it needs "
        "--sessions");
}

}  // namespace

void check(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

Result<std::vector<RateStep>> parse_rates(std::string_view text) {
  std::vector<RateStep> steps;
  for (;;) {
    const auto comma = text.find(',');
    const auto step = parse_step(text.substr(0, comma));
    if (!step) return step.error();
    if (!steps.empty() && !steps.back().time) return wrong("only the last step may have no time");
    steps.push_back(*step);
    if (comma == std::string_view::npos) return steps;
    text.remove_prefix(comma + 1);
  }
}

Result<ThinkTime> parse_think_time(std::string_view text) {
  if (text.starts_with('~')) {
    const auto mean = parse_duration(text.substr(1));
    if (!mean) return mean.error();
    return ThinkTime{milliseconds(-1), *mean};
  }
  const auto dots = text.find("..");
  const auto least = parse_duration(text.substr(0, dots));
  if (!least) return least.error();
  const auto most = dots == std::string_view::npos ? least : parse_duration(text.substr(dots + 2));
  if (!most) return most.error();
  if (*least > *most) return wrong("the range is empty");
  return ThinkTime{*least, *most};
}

void add_load(CLI::App& command, LoadTexts& texts, LoadPlan& plan) {
  command.add_option("--url", texts.url, "the server (http://127.0.0.1:8080)");
  command.add_option("--key", plan.key, "its API key");
  command
      .add_option(
          "--header",
          plan.headers,
          "a further header of each request, \"NAME: VALUE\"; not in the report, as the key")
      ->take_all();
  command.add_option("--surface", texts.surface, "langgraph or openai (langgraph)");
  command.add_option("--agent", plan.agent, "the agent, or the model (echo)");
  command.add_option("--mode", texts.mode, "wait or stream (wait)");
  command.add_option(
      "--text", plan.text, "what is said; {n} becomes the turn's number (hello {n})");
  command.add_option(
      "--input", texts.input, "a JSON object: further members of the input (langgraph)");
  command.add_option("--check",
                     texts.check,
                     "answers: none, echo, mock, mock:TOKENS, or auto: echo for agent echo (auto)");
  command.add_option("--turns-per-thread",
                     texts.turns_per_thread,
                     "then a new thread (langgraph 5, openai 0: no thread)");
  command.add_option(
      "--think", texts.think, "between turns of a client: 2s, 1s..5s, or ~2s: exponential (none)");
  command
      .add_option(
          "--slo", texts.slos, "what makes a turn good: first_text<500ms, turn, stall, per_text")
      ->take_all();
  command.add_option_function<std::string>(
      "--scenario",
      [](const std::string&) {},
      "a JSON file with these options (\"turns_per_thread\": 5)");
  command.add_option("--timeout", texts.timeout, "of each request (60s)");
  command.add_flag(
      "--obey-retry-after", plan.obey_retry_after, "a refused client waits as it was told");
  command.add_flag("--reconnect",
                   plan.reconnect,
                   "broken streams are resumed, requests sent again under an Idempotency-Key");
  command.add_option("--seed", plan.seed, "of arrivals and think times (1)");
}

void add_arrivals(CLI::App& command, LoadTexts& texts, LoadPlan& plan) {
  command.add_option("--clients", plan.clients, "connections (64)");
  command.add_option("--turns", plan.turns, "arrivals in all: turns, or sessions");
  command.add_option(
      "--time", texts.time, "how long turns are begun (10s, unless --turns is given)");
  command.add_option("--open",
                     texts.open,
                     "open loop: arrivals a second, answered or not; steps and ramps as "
                     "50:10s,200:5s,0..100:10s");
  command.add_option(
      "--arrivals", texts.arrivals, "of the open loop: constant, poisson or gamma (constant)");
  command.add_option(
      "--burstiness", plan.burstiness, "of gamma: its shape, bursty below 1, 1 as poisson (1)");
  command.add_flag("--sessions",
                   plan.sessions,
                   "what arrives is a session: --turns-per-thread turns, with --think between");
  command.add_option("--trace", plan.trace_file, "arrivals from a recorded load: *.csv or *.jsonl");
  command.add_option("--time-scale", plan.time_scale, "of the trace: 2 is twice as fast (1)");
  command.add_option(
      "--burst", plan.burst, "so many turns at one moment, on connections that are open");
  command.add_flag("--one-thread", plan.one_thread, "all turns of the burst on one thread");
}

Target settled_target(const std::string& option, const std::string& url) {
  return required(parse_target(url), option);
}

std::vector<Expectation> expectations_of(const LoadTexts& texts) {
  std::vector<Expectation> expectations;
  for (const auto& text : texts.expectations)
    expectations.push_back(required(parse_expectation(text), "expect"));
  return expectations;
}

void settle(LoadPlan& plan, const LoadTexts& texts) {
  plan.target = settled_target("url", texts.url);
  plan.surface = choose<Surface>(
      "surface", texts.surface, {{"langgraph", Surface::langgraph}, {"openai", Surface::openai}});
  plan.mode = choose<AnswerMode>(
      "mode", texts.mode, {{"wait", AnswerMode::wait}, {"stream", AnswerMode::stream}});
  plan.check = check_of(texts.check, plan);
  plan.input = input_of(texts.input);
  plan.timeout = required(parse_duration(texts.timeout), "timeout");
  for (const auto& text : texts.slos)
    plan.slos.push_back(required(parse_slo(text), "slo"));

  check(plan.timeout.count() > 0, "--timeout: must be above 0");
  check(plan.surface == Surface::langgraph || plan.input.empty(),
        "--input needs --surface langgraph");
  check(!plan.reconnect || (plan.surface == Surface::langgraph && plan.mode == AnswerMode::stream),
        "--reconnect needs --surface langgraph and --mode stream");
  for (const auto letter : plan.key)
    check(letter > ' ' && letter <= '~', "--key: a key has no spaces and no control characters");
  for (const auto& header : plan.headers)
    check_header(header);
  check(texts.turns_per_thread >= -1, "--turns-per-thread: below 0");
  check(texts.turns_per_thread != 0 || plan.surface == Surface::openai,
        "--turns-per-thread: a run of the langgraph surface needs a thread");
  const std::size_t usual = plan.surface == Surface::langgraph || plan.sessions ? 5 : 0;
  plan.turns_per_thread =
      texts.turns_per_thread < 0 ? usual : static_cast<std::size_t>(texts.turns_per_thread);
  settle_arrivals(plan, texts);
  check_arrivals(plan, texts);
}

}  // namespace parlance::bench
