// How many calls of a lane run at once, and how many wait.
#include "bench/advise/advice.hpp"
#include "bench/advise/queueing.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace parlance::bench {
namespace {

constexpr std::uint64_t searches_at_once_most = 64;  // that the setting takes
constexpr double wait_used =
    0.8;  // under overload a queue is full, and all wait as long as the last
constexpr double throttled_share_usual = 0.01;  // of a lane that looks for its provider's limit

bool is_throttled(const PoolFigures& pool) {
  return pool.throttled_share() > throttled_share_usual;
}

bool found_its_limit(const PoolFigures& pool) {
  return pool.adapts && pool.limit_most < at_limit * pool.places_now;
}

// Slots that calls would hold if each had one as it comes.
double wanted_at_once(const PoolFigures& pool, const TurnFigures& turns) {
  const double came = pool.came_per_second() * turns.came_for_one_in_memory();
  const double there = pool.running_mean() + pool.waiting_mean;
  return std::min(std::max(at_once(came, pool.service_s()), there), turns.inside_at_once_most());
}

struct Size {
  std::uint64_t size = 0;
  std::string why;
};

// As many as it had whenever it would take no more.
Size places_that_are_borne(const PoolFigures& pool) {
  const double borne = pool.throttled_beside / pool.throttled;
  const auto size = whole(std::round(std::max(1.0, borne)));
  return {
      std::min(size, whole(pool.places_now)),
      text_of(
          "%.0f %% throttled, when the provider had %.1f", pool.throttled_share() * 100, borne)};
}

Size places_of(const PoolFigures& pool, const TurnFigures& turns) {
  const std::uint64_t now = whole(pool.places_now);
  if (found_its_limit(pool))
    return {now, text_of("kept: the lane found that its provider bears %.0f", pool.limit_most)};
  if (!pool.adapts && is_throttled(pool)) return places_that_are_borne(pool);
  const double wanted = wanted_at_once(pool, turns);
  const auto fit = std::min(places_for(wanted), whole(turns.inside_at_once_most()));
  return {std::max(now, fit),
          text_of("%s%.1f calls/s of %.3f s hold %.1f at once%s",
                  fit > now ? "" : "kept: ",
                  wanted / pool.service_s(),
                  pool.service_s(),
                  wanted,
                  fit > now ? ", and headroom" : "")};
}

// By the slots that the provider is known to bear: if it bears more, fewer wait.
Size waiting_of(const PoolFigures& pool, std::uint64_t places, const AdviceOptions& options) {
  const double service_s = pool.service_s();
  const double wait_s =
      options.turn_s ? std::max(0.0, *options.turn_s - service_s) : options.wait_s;
  const auto now = whole(pool.waiting_now);
  const auto borne = std::min(places, whole(pool.limit_most));
  const auto bearable = waiting_for(borne, service_s, wait_s * wait_used);
  const auto fit = waiting_for(places, service_s, wait_s * wait_used);
  if (bearable < now && pool.waiting_most > static_cast<double>(bearable)) {
    return {bearable,
            text_of("%.0f waited at once; with %llu slots, the last of these waits %.2f s",
                    pool.waiting_most,
                    static_cast<unsigned long long>(borne),
                    wait_s * wait_used)};
  }
  if (pool.refused_full > 0 && fit > now) {
    return {fit,
            text_of("%.0f refused for want of room; the last of these waits %.2f s",
                    pool.refused_full,
                    wait_s * wait_used)};
  }
  return {now, text_of("kept: %.0f waited at once at most", pool.waiting_most)};
}

void expect(const PoolFigures& pool, const Station& station, Advice& advice) {
  const auto after = forecast(station);
  const auto figure = [&](const char* what, double before, double then) {
    advice.expected.push_back({pool.name + " " + what, before, then});
  };
  figure("answers/s", pool.answered_per_second(), after.per_second);
  figure("wait s", pool.wait_mean_s(), after.wait_s);
  figure("refused share", pool.refused_share(), after.refused_share);
  if (!pool.adapts && is_throttled(pool)) figure("throttled share", pool.throttled_share(), 0);
}

}  // namespace

void advise_on_pool(const PoolFigures& pool,
                    const TurnFigures& turns,
                    const AdviceOptions& options,
                    Advice& advice) {
  if (pool.started + pool.refused == 0) return;
  if (pool.answered < calls_least) {
    advice.not_measured.push_back(
        text_of("%s: %.0f answered calls do not say what one takes; %.0f do",
                pool.name.c_str(),
                pool.answered,
                calls_least));
    return;
  }
  if (pool.service_s() <= 0) {
    advice.not_measured.push_back(text_of(
        "%s: its %.0f answered calls took no time at all", pool.name.c_str(), pool.answered));
    return;
  }
  const bool is_retriever = pool.name == "retriever";
  const std::string lane = is_retriever ? "" : pool.name;
  auto places = places_of(pool, turns);
  if (is_retriever) places.size = std::min(places.size, searches_at_once_most);
  const auto waiting = waiting_of(pool, places.size, options);
  advice.settings.push_back({lane,
                             is_retriever ? "retriever.searches_at_once_max" : "calls_at_once_max",
                             whole(pool.places_now),
                             places.size,
                             places.why});
  if (!is_retriever && !pool.adapts && places.size > whole(pool.places_now)) {
    advice.settings.push_back(
        {lane,
         "adapts",
         0,
         1,
         text_of("nobody has seen the provider with more than %.0f calls", pool.places_now),
         /*is_flag=*/true});
  }
  advice.settings.push_back({lane,
                             is_retriever ? "retriever.searches_waiting_max" : "calls_waiting_max",
                             whole(pool.waiting_now),
                             waiting.size,
                             waiting.why});
  if (places.size == whole(pool.places_now) && waiting.size == whole(pool.waiting_now)) return;
  const double came_per_second = wanted_at_once(pool, turns) / pool.service_s();
  const auto used = found_its_limit(pool) ? whole(pool.limit_most) : places.size;
  expect(
      pool,
      {came_per_second, pool.service_s(), used, waiting.size, whole(turns.inside_at_once_most())},
      advice);
}

}  // namespace parlance::bench
