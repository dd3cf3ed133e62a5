// How many turns wait for a thread, how many threads are in memory, how many connections are open.
#include "bench/advise/advice.hpp"
#include "bench/advise/queueing.hpp"

#include <algorithm>
#include <cmath>

namespace parlance::bench {
namespace {

constexpr double threads_measured_least = 100;  // that say what one takes of memory
constexpr double places_most = 1'001;           // that the setting takes, the running turn's too
constexpr double mebibyte = 1U << 20U;

// False: they say nothing of what a turn takes, and this is noted.
bool has_turns(const TurnFigures& turns, const char* setting, Advice& advice) {
  if (turns.ended >= calls_least) return true;
  advice.not_measured.push_back(
      text_of("%s: %.0f turns that ended do not say what one takes; %.0f do",
              setting,
              turns.ended,
              calls_least));
  return false;
}

void advise_on_mailbox(const TurnFigures& turns, const AdviceOptions& options, Advice& advice) {
  const char* const name = "threads.turns_waiting_max";
  const auto now = whole(turns.turns_waiting_max);
  if (turns.refused_mailbox == 0) {
    advice.settings.push_back({"", name, now, now, "kept: no thread was full"});
    return;
  }
  if (!has_turns(turns, name, advice)) return;
  const double places = turns.turns_waiting_max + 1;  // with that of the running turn
  const double let_in = std::max(1.0, turns.accepted);
  const double wanted = std::ceil(places * (let_in + turns.refused_mailbox) / let_in);
  const double allowed_s = options.turn_s.value_or(options.wait_s);
  const double bearable = std::floor(places * allowed_s / std::max(1e-6, turns.turn_s()));
  const double fit = std::max(places, std::min({wanted, bearable, places_most}));
  advice.settings.push_back(
      {"",
       name,
       now,
       whole(fit - 1),
       text_of(
           "%.0f turns found their thread full beside %.0f that were let in%s",
           turns.refused_mailbox,
           turns.accepted,
           bearable < wanted ? text_of("; more would take above %.1f s", allowed_s).c_str() : "")});
  advice.expected.push_back(
      {"mailbox_full share", turns.share(turns.refused_mailbox), std::max(0.0, 1 - fit / wanted)});
}

void expect_memory(const TurnFigures& turns, double threads_more, Advice& advice) {
  if (turns.threads_rise < threads_measured_least || turns.memory_bytes_rise <= 0) {
    advice.not_measured.push_back(
        text_of("memory of a thread: it takes %.0f that come while it is watched to say so",
                threads_measured_least));
    return;
  }
  const double bytes_of_thread = turns.memory_bytes_rise / turns.threads_rise;
  advice.expected.push_back({"resident MiB",
                             turns.memory_bytes / mebibyte,
                             (turns.memory_bytes + threads_more * bytes_of_thread) / mebibyte});
}

void advise_on_memory(const TurnFigures& turns, Advice& advice) {
  const char* const name = "threads.resident_max";
  const auto now = whole(turns.resident_max);
  if (turns.refused_memory == 0) {
    advice.settings.push_back(
        {"", name, now, now, text_of("kept: all found room; %.0f were there", turns.threads_most)});
    if (turns.threads_most >= at_limit * turns.resident_max)
      advice.not_measured.push_back(
          text_of("%s: how many of the threads that left memory came back to it", name));
    return;
  }
  if (!has_turns(turns, name, advice)) return;
  const double came_per_second = turns.came() / turns.seconds;
  const double inside = turns.inside_at_once_most();
  const double busy = std::min(at_once(came_per_second, turns.turn_s()), inside);
  const auto fit = std::max(now, std::min(places_for(busy), whole(inside)));
  advice.settings.push_back(
      {"",
       name,
       now,
       fit,
       text_of("%.0f turns refused; %.1f turns/s of %.3f s keep %.1f threads busy, and headroom",
               turns.refused_memory,
               came_per_second,
               turns.turn_s(),
               busy)});
  const auto after =
      forecast({.per_second = busy / turns.turn_s(), .service_s = turns.turn_s(), .places = fit});
  advice.expected.push_back(
      {"threads_full share", turns.share(turns.refused_memory), after.refused_share});
  expect_memory(turns, static_cast<double>(fit - now), advice);
}

void advise_on_connections(const TurnFigures& turns, Advice& advice) {
  const char* const name = "http.connections_max";
  const auto now = whole(turns.connections_max);
  if (turns.connections_refused == 0) {
    advice.settings.push_back(
        {"", name, now, now, text_of("kept: %.0f were open at most", turns.connections_most)});
    return;
  }
  if (!has_turns(turns, name, advice)) return;
  const double turned_away = at_once(turns.connections_refused / turns.seconds, turns.turn_s());
  advice.settings.push_back({"",
                             name,
                             now,
                             std::max(now, places_for(turns.connections_most + turned_away)),
                             text_of("%.0f were open, and %.0f refused that stay %.3f s each",
                                     turns.connections_most,
                                     turns.connections_refused,
                                     turns.turn_s())});
}

}  // namespace

void advise_on_turns(const TurnFigures& turns, const AdviceOptions& options, Advice& advice) {
  advise_on_mailbox(turns, options, advice);
  advise_on_memory(turns, advice);
  advise_on_connections(turns, advice);
}

}  // namespace parlance::bench
