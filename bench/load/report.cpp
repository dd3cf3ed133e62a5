#include "bench/load/report.hpp"

#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace parlance::bench {
namespace {

std::string decimal(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  std::string grouped = text.data();
  const auto point = grouped.find('.');
  for (auto at = point == std::string::npos ? grouped.size() : point; at > 3;) {
    at -= 3;
    grouped.insert(at, 1, ',');
  }
  return grouped;
}

std::string whole(std::uint64_t value) {
  return decimal(static_cast<double>(value), 0);
}

std::string padded(std::string_view text, std::size_t width) {
  std::string line;
  if (text.size() < width) line.assign(width - text.size(), ' ');
  line += text;
  return line;
}

std::string label(std::string_view text) {
  std::string line = "  ";
  line += text;
  line.resize(std::max<std::size_t>(line.size() + 1, 22), ' ');
  return line;
}

std::string bytes_text(std::uint64_t bytes) {
  const auto mebibytes = static_cast<double>(bytes) / (1U << 20U);
  return mebibytes < 1 ? decimal(mebibytes * 1'024, 1) + " KiB" : decimal(mebibytes, 1) + " MiB";
}

std::string shape(const LoadPlan& plan) {
  std::string text;
  if (plan.burst > 0) {
    text = "a burst of " + whole(plan.burst) + (plan.one_thread ? " on one thread" : "");
  } else if (plan.turns_per_second > 0) {
    text = "open loop at " + decimal(plan.turns_per_second, 1) + " turns/s (" +
           (plan.arrivals == Arrivals::poisson ? "poisson" : "constant") + "), " +
           whole(plan.clients) + " clients";
  } else {
    text = "closed loop, " + whole(plan.clients) + " clients";
  }
  if (plan.burst == 0 && plan.turns_per_thread > 0) {
    text += ", " + whole(plan.turns_per_thread) + " turns a thread";
  }
  return text;
}

std::string_view name(Surface surface) {
  return surface == Surface::openai ? "openai" : "langgraph";
}

std::string_view name(AnswerMode mode) {
  return mode == AnswerMode::stream ? "stream" : "wait";
}

std::string count_line(const std::string& title, std::uint64_t count) {
  constexpr std::size_t end = 33;
  const auto line = label(title);
  return line + padded(whole(count), line.size() < end ? end - line.size() : 0) + "\n";
}

void row(std::string& text, std::string_view title, const Histogram& times) {
  if (times.count() == 0) return;
  text += label(title) + padded(whole(times.count()), 11);
  for (const double value : {times.percentile_ms(50),
                             times.percentile_ms(90),
                             times.percentile_ms(99),
                             times.percentile_ms(99.9),
                             times.greatest_ms()}) {
    text += padded(decimal(value, value < 10 ? 3 : 1), 11);
  }
  text += "\n";
}

std::string status_name(unsigned status) {
  return status == 0 ? "no response" : std::to_string(status);
}

}  // namespace

std::string report(const LoadPlan& plan, const Figures& figures) {
  std::string text = "\nparlance-bench run   http://" + plan.target.host + ":" + plan.target.port +
                     plan.target.path + "\n";
  text += label("load") + shape(plan) + "\n";
  text += label("turns of") + plan.agent + " (" + std::string(name(plan.surface)) + ", " +
          std::string(name(plan.mode)) + ")\n\n";

  text += label("sent") + padded(whole(figures.sent), 11) + "\n";
  text += label("= finished") + padded(whole(figures.finished), 11);
  if (plan.check == AnswerCheck::none) {
    text += "   answers not checked\n";
  } else {
    text += "   wrong answers " + whole(figures.wrong_answers) + "\n";
  }
  text += label("+ refused") + padded(whole(figures.refused), 11);
  if (figures.refused > 0) text += "   with Retry-After " + whole(figures.with_retry_after);
  text += "\n" + label("+ failed") + padded(whole(figures.failed), 11) + "\n";
  if (figures.not_sent > 0) {
    text +=
        label("not sent") + padded(whole(figures.not_sent), 11) + "   no client was free in time\n";
  }
  const std::chrono::duration<double> seconds = figures.elapsed;
  text += label("finished turns/s") + padded(decimal(figures.finished_per_second(), 1), 11) +
          "   in " + decimal(seconds.count(), 3) + " s\n\n";

  text += label("milliseconds");
  for (const auto* title : {"count", "p50", "p90", "p99", "p99.9", "max"}) {
    text += padded(title, 11);
  }
  text += "\n";
  row(text, "turn", figures.turn);
  row(text, "first text", figures.first_text);
  row(text, "gap between texts", figures.gap);
  row(text, "refusal", figures.refusal);
  row(text, "new thread", figures.new_thread);
  row(text, "start delay", figures.start_delay);
  text +=
      "  Percentiles are exact to the microsecond up to 2 ms, and at most 0.1 % high above.\n\n";

  for (const auto& [status, count] : figures.errors_by_status) {
    text += count_line("status " + status_name(status), count);
  }
  for (const auto& [code, count] : figures.errors_by_code) {
    text += count_line("code " + code, count);
  }
  text += label("bytes") + bytes_text(figures.bytes_sent) + " sent, " +
          bytes_text(figures.bytes_received) + " received\n";
  return text;
}

std::string report(const std::vector<Judgement>& judgements) {
  std::string text;
  for (const auto& judgement : judgements) {
    text += judgement.held ? "holds     " : "DOES NOT  ";
    text += judgement.text + " (" + judgement.measured + ")\n";
  }
  return text;
}

std::string report(const Probe& probe) {
  std::string text = padded(whole(probe.clients), 7) + " clients  " +
                     padded(decimal(probe.finished_per_second, 1), 9) + " turns/s  ";
  for (const auto& judgement : probe.judgements)
    text += (judgement.held ? "" : "NOT ") + judgement.text + " (" + judgement.measured + ")  ";
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string report(const FoundMax& found) {
  if (found.clients == 0) return "not even the fewest clients hold\n";
  if (found.reached_most)
    return "all " + whole(found.clients) + " clients hold: there may be room for more\n";
  return "at most " + whole(found.clients) + " clients hold\n";
}

Json to_json(const LoadPlan& plan, const Figures& figures) {
  Json by_status = Json::object();
  for (const auto& [status, count] : figures.errors_by_status) {
    by_status[std::to_string(status)] = count;
  }
  Json by_code = Json::object();
  for (const auto& [code, count] : figures.errors_by_code) {
    by_code[code] = count;
  }
  const std::chrono::duration<double> seconds = figures.elapsed;
  return {
      {"plan",
       {{"url", "http://" + plan.target.host + ":" + plan.target.port + plan.target.path},
        {"surface", name(plan.surface)},
        {"agent", plan.agent},
        {"mode", name(plan.mode)},
        {"clients", plan.clients},
        {"turns", plan.turns},
        {"time", plan.time_max ? Json(to_text(*plan.time_max)) : Json(nullptr)},
        {"turns_per_thread", plan.turns_per_thread},
        {"turns_per_second", plan.turns_per_second},
        {"arrivals", plan.arrivals == Arrivals::poisson ? "poisson" : "constant"},
        {"burst", plan.burst},
        {"one_thread", plan.one_thread},
        {"timeout", to_text(plan.timeout)},
        {"seed", plan.seed},
        {"answers_checked", plan.check != AnswerCheck::none}}},
      {"sent", figures.sent},
      {"finished", figures.finished},
      {"refused", figures.refused},
      {"failed", figures.failed},
      {"wrong_answers", figures.wrong_answers},
      {"not_sent", figures.not_sent},
      {"responses", figures.responses},
      {"with_retry_after", figures.with_retry_after},
      {"threads_created", figures.threads_created},
      {"bytes_sent", figures.bytes_sent},
      {"bytes_received", figures.bytes_received},
      {"elapsed_s", seconds.count()},
      {"finished_per_second", figures.finished_per_second()},
      {"errors_by_status", by_status},
      {"errors_by_code", by_code},
      {"ms",
       {{"turn", to_json(figures.turn)},
        {"first_text", to_json(figures.first_text)},
        {"gap", to_json(figures.gap)},
        {"refusal", to_json(figures.refusal)},
        {"new_thread", to_json(figures.new_thread)},
        {"start_delay", to_json(figures.start_delay)}}},
  };
}

}  // namespace parlance::bench
