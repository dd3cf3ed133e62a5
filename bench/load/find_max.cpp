#include "bench/load/find_max.hpp"

#include <algorithm>
#include <utility>

namespace parlance::bench {
namespace {

class Search {
 public:
  Search(const FindMaxPlan& plan,
         const std::function<Result<Figures>(std::size_t)>& probe,
         const std::function<void(const Probe&)>& seen)
      : plan_(plan),
        probe_(probe),
        seen_(seen) {}

  // Most of the tries decide.
  Result<bool> holds(std::size_t clients) {
    const std::uint32_t majority = plan_.tries_max / 2 + 1;
    std::uint32_t held = 0;
    std::uint32_t failed = 0;
    while (held < majority && failed < majority) {
      const auto figures = probe_(clients);
      if (!figures) return figures.error();
      auto judgements = judge(plan_.expectations, *figures);
      const bool did_hold = all_held(judgements);
      ++(did_hold ? held : failed);
      found.probes.push_back(
          {clients, did_hold, std::move(judgements), figures->finished_per_second()});
      seen_(found.probes.back());
    }
    return held == majority;
  }

  FoundMax found;

 private:
  const FindMaxPlan& plan_;
  const std::function<Result<Figures>(std::size_t)>& probe_;
  const std::function<void(const Probe&)>& seen_;
};

}  // namespace

Result<FoundMax> find_max(const FindMaxPlan& plan,
                          const std::function<Result<Figures>(std::size_t)>& probe,
                          const std::function<void(const Probe&)>& seen) {
  Search search(plan, probe, seen);
  std::size_t good = 0;
  std::size_t next = plan.clients_least;
  std::size_t bad = 0;
  while (bad == 0 && good < plan.clients_most) {
    const auto held = search.holds(next);
    if (!held) return held.error();
    (*held ? good : bad) = next;
    next = std::min(plan.clients_most, next * 2);
  }
  while (good > 0 && bad > good + 1) {
    const std::size_t middle = good + (bad - good) / 2;
    const auto held = search.holds(middle);
    if (!held) return held.error();
    (*held ? good : bad) = middle;
  }
  search.found.clients = good;
  search.found.reached_most = bad == 0;
  return std::move(search.found);
}

}  // namespace parlance::bench
