#include "bench/load/report.hpp"

#include "bench/load/scenario.hpp"
#include "runtime/base/units.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace parlance::bench {
namespace {

constexpr double not_sent_share_max = 0.001;

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

std::string text_of(const RateStep& step) {
  std::string text = decimal(step.from, 1);
  if (step.to != step.from) text += " to " + decimal(step.to, 1);
  if (step.time) text += " for " + to_text(*step.time);
  return text;
}

std::string rates_text(const LoadPlan& plan) {
  std::string text;
  for (const auto& step : plan.rates)
    text += (text.empty() ? "" : ", ") + text_of(step);
  return text + (plan.sessions ? " sessions/s (" : " turns/s (") +
         std::string(name(plan.arrivals)) + ")";
}

std::string shape(const LoadPlan& plan) {
  if (plan.burst > 0)
    return "a burst of " + whole(plan.burst) + (plan.one_thread ? " on one thread" : "");
  std::string text = "closed loop, ";
  if (plan.trace) text = "a trace of " + whole(plan.trace->size()) + " turns, ";
  if (!plan.rates.empty()) text = "open loop at " + rates_text(plan) + ", ";
  text += whole(plan.clients) + " clients";
  if (plan.turns_per_thread > 0) {
    text += ", " + whole(plan.turns_per_thread) +
            (plan.sessions ? " turns a session" : " turns a thread");
  }
  return text;
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

std::string good_line(const LoadPlan& plan, const Figures& figures) {
  std::string line = label("good") + padded(whole(figures.good), 11);
  if (figures.due() > 0) {
    const auto share = share_interval(figures.good, figures.due());
    line += "   " + decimal(share.share * 100, 2) +
            " % of all that were due (95 %: " + decimal(share.least * 100, 2) + " to " +
            decimal(share.most * 100, 2) + ")";
  }
  for (const auto& slo : plan.slos)
    line += ", " + slo.text;
  return line + "\n";
}

std::string sessions_line(const Figures& figures) {
  return label("sessions") + padded(whole(figures.sessions), 11) + "   finished " +
         whole(figures.sessions_finished) + ", good " + whole(figures.sessions_good) + "\n";
}

std::string audit_lines(const LoadPlan& plan, const Figures& figures) {
  const Audit& audit = figures.audit;
  std::string text = label("generator") + decimal(audit.on_cpu * 100, 1) + " % of a core, " +
                     decimal(audit.waited_for_cpu * 100, 1) + " % waiting for it";
  if (audit.lag.count() > 0)
    text += ", timers late by " + decimal(audit.lag.percentile_ms(99), 3) + " ms (p99)";
  text += "\n" + label("schedule") + figures.schedule + "\n";
  if (const auto reason = invalid_because(plan, figures)) text += "\nINVALID: " + *reason + "\n";
  return text;
}

std::string status_name(unsigned status) {
  return status == 0 ? "no response" : std::to_string(status);
}

}  // namespace

std::optional<std::string> invalid_because(const LoadPlan& plan, const Figures& figures) {
  if (plan.burst > 0) return std::nullopt;
  if (static_cast<double>(figures.not_sent) >
      not_sent_share_max * static_cast<double>(figures.due())) {
    return whole(figures.not_sent) + " turns of " + whole(figures.due()) +
           " that were due were never sent, as no client was free: more --clients, or less load";
  }
  return invalid_because(figures.audit, figures.turn.percentile_ms(50), figures.elapsed);
}

std::string report(const LoadPlan& plan, const Figures& figures) {
  std::string text = "\nparlance-bench run   http://" + plan.target.host + ":" + plan.target.port +
                     plan.target.path + "\n";
  text += label("load") + shape(plan) + "\n";
  text += label("turns of") + plan.agent + " (" + std::string(name(plan.surface)) + ", " +
          std::string(name(plan.mode)) + ")\n\n";

  text += label("sent") + padded(whole(figures.sent), 11) + "\n";
  text += label("= finished") + padded(whole(figures.finished), 11);
  text += plan.check == AnswerCheck::none
              ? "   answers not checked\n"
              : "   wrong answers " + whole(figures.wrong_answers) + "\n";
  text += label("+ refused") + padded(whole(figures.refused), 11);
  if (figures.refused > 0) text += "   with Retry-After " + whole(figures.with_retry_after);
  text += "\n" + label("+ failed") + padded(whole(figures.failed), 11) + "\n";
  if (figures.not_sent > 0) {
    text +=
        label("not sent") + padded(whole(figures.not_sent), 11) + "   no client was free in time\n";
  }
  if (!plan.slos.empty()) text += good_line(plan, figures);
  if (plan.sessions) text += sessions_line(figures);
  const std::chrono::duration<double> seconds = figures.elapsed;
  text += label("finished turns/s") + padded(decimal(figures.finished_per_second(), 1), 11) +
          "   in " + decimal(seconds.count(), 3) + " s\n\n";

  text += label("milliseconds");
  for (const auto* title : {"count", "p50", "p90", "p99", "p99.9", "max"}) {
    text += padded(title, 11);
  }
  text += "\n";
  row(text, "turn", figures.turn);
  if (plan.open()) row(text, "  since it was sent", figures.service);
  row(text, "first text", figures.first_text);
  if (plan.open()) row(text, "  since it was sent", figures.first_text_service);
  row(text, "gap between texts", figures.gap);
  row(text, "longest gap", figures.stall);
  row(text, "time per text", figures.per_text);
  row(text, "session", figures.session);
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
  return text + audit_lines(plan, figures);
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

}  // namespace parlance::bench
