#include "bench/load/scenario.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parlance::bench {
namespace {

constexpr std::size_t depth_max = 32;

Error wrong(std::string detail) {
  return {ErrorCode::invalid_value, std::move(detail), "scenario", {}};
}

std::string option_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

// As short as it reads back: "50", "0.5".
std::string number_text(double value) {
  std::string text = dump(Json(value));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string text_of(const RateStep& step) {
  std::string text = number_text(step.from);
  if (step.to != step.from) text += ".." + number_text(step.to);
  if (step.time) text += ":" + to_text(*step.time);
  return text;
}

std::string text_of(const std::vector<RateStep>& rates) {
  std::string text;
  for (const auto& step : rates)
    text += (text.empty() ? "" : ",") + text_of(step);
  return text;
}

std::string text_of(const ThinkTime& think) {
  if (think.least.count() < 0) return "~" + to_text(think.most);
  if (think.least == think.most) return to_text(think.most);
  return to_text(think.least) + ".." + to_text(think.most);
}

std::string check_text(const LoadPlan& plan) {
  constexpr std::array<std::string_view, 3> names{"none", "echo", "mock"};
  std::string text(names[static_cast<std::size_t>(plan.check)]);
  if (plan.answer_tokens > 0) text += ':' + std::to_string(plan.answer_tokens);
  return text;
}

}  // namespace

Result<std::vector<std::string>> scenario_arguments(std::string_view text) {
  const auto scenario = parse_json(text, depth_max);
  if (!scenario || !scenario->is_object()) return wrong("a scenario is a JSON object");
  std::vector<std::string> arguments;
  const auto add = [&](const std::string& name, const Json& value) {
    arguments.push_back(option_of(name));
    arguments.push_back(value.is_string() ? value.get<std::string>() : dump(value));
  };
  for (const auto& [name, value] : scenario->items()) {
    if (value.is_null() || value == false) continue;
    if (value == true) {
      arguments.push_back(option_of(name));
    } else if (value.is_array()) {
      for (const auto& each : value)
        add(name, each);
    } else {
      add(name, value);
    }
  }
  return arguments;
}

std::string_view name(Surface surface) {
  return surface == Surface::openai ? "openai" : "langgraph";
}

std::string_view name(AnswerMode mode) {
  return mode == AnswerMode::stream ? "stream" : "wait";
}

std::string_view name(Arrivals arrivals) {
  constexpr std::array<std::string_view, 3> names{"constant", "poisson", "gamma"};
  return names[static_cast<std::size_t>(arrivals)];
}

Json scenario_of(const LoadPlan& plan) {
  Json scenario{{"url", "http://" + plan.target.host + ":" + plan.target.port + plan.target.path},
                {"surface", name(plan.surface)},
                {"agent", plan.agent},
                {"mode", name(plan.mode)},
                {"text", plan.text},
                {"check", check_text(plan)},
                {"turns_per_thread", plan.turns_per_thread},
                {"timeout", to_text(plan.timeout)},
                {"seed", plan.seed}};
  const auto add = [&](bool is_set, const char* option, Json value) {
    if (is_set) scenario[option] = std::move(value);
  };
  add(!plan.input.empty(), "input", plan.input);
  add(plan.obey_retry_after, "obey_retry_after", true);
  add(plan.reconnect, "reconnect", true);
  add(plan.burst > 0, "burst", plan.burst);
  add(plan.one_thread, "one_thread", true);
  add(plan.burst == 0, "clients", plan.clients);
  add(plan.turns > 0, "turns", plan.turns);
  add(plan.time_max && plan.burst == 0, "time", plan.time_max ? to_text(*plan.time_max) : "");
  add(!plan.rates.empty(), "open", text_of(plan.rates));
  add(plan.open(), "arrivals", name(plan.arrivals));
  add(plan.arrivals == Arrivals::gamma, "burstiness", plan.burstiness);
  add(plan.sessions, "sessions", true);
  add(plan.think_time.most.count() > 0, "think", text_of(plan.think_time));
  add(!plan.trace_file.empty(), "trace", plan.trace_file);
  add(!plan.trace_file.empty(), "time_scale", plan.time_scale);
  for (const auto& slo : plan.slos)
    scenario["slo"].push_back(slo.text);
  return scenario;
}

}  // namespace parlance::bench
