#include "tests/lanes/figures.hpp"

#include <algorithm>
#include <limits>

namespace parlance::lanes {
namespace {

constexpr double warm_up_seconds = 60;
constexpr double unbounded = std::numeric_limits<double>::infinity();

WorldOptions world_of(std::uint32_t slots, Manner manner, std::uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.slots = slots;
  options.manner = manner;
  options.limits.at_once = {1, 4 * slots, true};
  options.limits.calls_waiting_max = 1'000'000;  // deadlines alone bound the queue
  return options;
}

// Counted in all of a figure's worlds.
struct Share {
  std::size_t part = 0;
  std::size_t whole = 0;

  void count(bool is_part) {
    ++whole;
    part += is_part ? 1 : 0;
  }
  double value() const {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

std::size_t count_between(const std::vector<double>& times, double from, double to) {
  return static_cast<std::size_t>(std::count_if(
      times.begin(), times.end(), [&](double time) { return time >= from && time < to; }));
}

// The part of all slots' time that went into answers in time.
double goodput(const WorldOptions& options, const History& history) {
  double useful = 0;
  for (const Fate& call : history.calls)
    useful += call.in_time() ? call.slot_seconds : 0;
  return useful / (options.slots * options.seconds);
}

using Waits = std::vector<double>;

void add_waits(Waits& waits, const History& history, double from, double to) {
  for (const Fate& call : history.calls) {
    if (call.sent >= from && call.sent < to) waits.push_back(call.sent - call.came);
  }
}

double p99(Waits waits) {
  if (waits.empty()) return 0;
  std::sort(waits.begin(), waits.end());
  return waits[waits.size() * 99 / 100];
}

// Of the calls that were let in, those that would have been answered in time without waiting, and
// were not.
void count_missed(Share& missed, const WorldOptions& options, const History& history) {
  for (const Fate& call : history.calls) {
    if (call.refused || call.deadline >= options.seconds) continue;
    missed.count(!call.in_time() && call.would_be_in_time());
  }
}

// Of the tokens that were sent.
double share_of_heavy(const History& history) {
  double heavy = 0;
  double all = 0;
  for (const Fate& call : history.calls) {
    if (call.sent < warm_up_seconds) continue;
    all += static_cast<double>(call.tokens);
    heavy += call.tenant == 0 ? static_cast<double>(call.tokens) : 0;
  }
  return heavy / all;
}

// Of the refused calls that were replayed.
void count_wrongly_refused(Share& wrongly, const History& history) {
  for (const Fate& call : history.calls) {
    if (call.would_make_it) wrongly.count(*call.would_make_it);
  }
}

}  // namespace

Figures saturated(std::uint32_t slots,
                  Manner manner,
                  std::uint64_t seed,
                  std::uint32_t worlds,
                  std::size_t replay_every) {
  std::vector<std::uint32_t> limits;
  double served = 0;
  Share throttled;
  Share missed;
  Share wrongly;
  for (std::uint32_t world = 0; world < worlds; ++world) {
    WorldOptions options = world_of(slots, manner, seed + 1'000 * world);
    options.replay_every = replay_every;
    options.replay_from_seconds = warm_up_seconds;
    const History history = run(options);
    limits.insert(limits.end(),
                  history.limits.begin() + static_cast<std::ptrdiff_t>(warm_up_seconds),
                  history.limits.end());
    served += goodput(options, history) / worlds;
    throttled.part += count_between(history.throttled, 10, options.seconds);
    throttled.whole += count_between(history.sent, 10, options.seconds);
    count_missed(missed, options, history);
    count_wrongly_refused(wrongly, history);
  }
  const auto [lowest, highest] = std::minmax_element(limits.begin(), limits.end());
  return {{"limit / slots, lowest", *lowest / static_cast<double>(slots), 0.9, 1.5},
          {"limit / slots, highest", *highest / static_cast<double>(slots), 0.9, 1.5},
          {"goodput", served, 0.9, 1},
          {"throttled", throttled.value(), 0, 0.01},
          {"let in and missed", missed.value(), 0, 0.01},
          {"refused wrongly", wrongly.value(), 0, 0.05}};
}

Figures half_speed(std::uint32_t slots, Manner manner, std::uint64_t seed, std::uint32_t worlds) {
  constexpr double halved_at = 300;
  constexpr double from = halved_at + 20;
  Waits before;
  Waits soon;
  Waits later;
  Waits usual;
  for (std::uint32_t world = 0; world < worlds; ++world) {
    WorldOptions options = world_of(slots, manner, seed + 1'000 * world);
    options.deadline_seconds_max = 20;
    options.phases = {{}, {halved_at, 2, Phase::State::up}};
    const History history = run(options);
    add_waits(before, history, warm_up_seconds, halved_at);
    add_waits(soon, history, from, from + 20);
    add_waits(later, history, from, options.seconds);
    options.phases = {{0, 2, Phase::State::up}};
    add_waits(usual, run(options), warm_up_seconds, options.seconds);
  }
  return {{"p99 wait before, s", p99(before), 0, unbounded},
          {"p99 wait 20 to 40 s after / before", p99(soon) / p99(before), 0, 1.25},
          {"p99 wait 20 to 40 s after / usual", p99(soon) / p99(usual), 0, 1.25},
          {"p99 wait later / usual", p99(later) / p99(usual), 0, 1.25}};
}

Figures shares(std::uint32_t slots, Manner manner, std::uint64_t seed) {
  WorldOptions options = world_of(slots, manner, seed);
  options.tenants = {{"heavy", 60}, {"light", 0.6}};
  options.deadline_seconds_max = 60;
  const double unbounded_queue = share_of_heavy(run(options));
  options.limits.calls_waiting_max = 8 * slots;
  const double short_queue = share_of_heavy(run(options));
  return {{"share of a tenant with 100 times the load", unbounded_queue, 0.45, 0.52},
          {"the same with eight places for each slot", short_queue, 0.45, 0.52}};
}

Figures outage(Phase::State state, std::uint64_t seed) {
  constexpr double begins = 200;
  constexpr double ends = 320;
  constexpr double noticed_after = 15;  // a call that hangs is given up after 10 s
  WorldOptions options = world_of(16, Manner::refuses, seed);
  options.phases = {{}, {begins, 1, state}, {ends, 1, Phase::State::up}};
  const History history = run(options);
  double first_answer = unbounded;
  for (const Fate& call : history.calls) {
    if (call.sent >= ends && call.answered >= 0)
      first_answer = std::min(first_answer, call.answered);
  }
  const double per_minute =
      static_cast<double>(count_between(history.sent, begins + noticed_after, ends)) * 60 /
      (ends - begins - noticed_after);
  return {{"calls a minute to a dead provider", per_minute, 0, 7},
          {"seconds until it is used again", first_answer - ends, 0, 25}};
}

}  // namespace parlance::lanes
