#include "bench/load/arrivals.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parlance::bench {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): numbers that are near become ones that are not.
std::uint64_t mixed(std::uint64_t number) {
  number += 0x9E3779B97F4A7C15U;
  number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
  number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
  return number ^ (number >> 31U);
}

microseconds draw(const ThinkTime& think, std::minstd_rand& random) {
  using Seconds = std::chrono::duration<double>;
  const double most = Seconds(think.most).count();
  if (most <= 0) return {};
  const double seconds =
      think.least.count() < 0
          ? std::exponential_distribution<double>(1 / most)(random)
          : std::uniform_real_distribution<double>(Seconds(think.least).count(), most)(random);
  return duration_cast<microseconds>(Seconds(seconds));
}

// FNV-1a, 64 bits.
class Hash {
 public:
  void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) {
      value_ = (value_ ^ (number & 0xFFU)) * 0x100000001B3U;
      number >>= 8U;
    }
  }
  std::string text() const {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value_));
    return digits.data();
  }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325U;
};

}  // namespace

ArrivalSchedule::ArrivalSchedule(const LoadPlan& plan, Clock::time_point start)
    : plan_(plan),
      profile_(plan.rates),
      start_(start),
      end_(plan.time_max ? start + *plan.time_max : Clock::time_point::max()),
      random_(plan.seed) {
  if (plan_.arrivals != Arrivals::constant) expected_ = gap();
}

std::optional<Arrival> ArrivalSchedule::next(Clock::time_point now) {
  if (!plan_.open()) {
    if ((plan_.turns != 0 && number_ >= plan_.turns) || now >= end_) return std::nullopt;
    return Arrival{number_++, now};
  }
  const bool given_up = plan_.time_max && now > end_ + plan_.timeout;
  while (plan_.turns == 0 || number_ < plan_.turns) {
    const auto arrival = plan_.trace ? next_of_trace() : next_of_rate();
    if (!arrival || arrival->intended >= end_) return std::nullopt;
    ++number_;
    if (!given_up) return arrival;
    ++not_sent_;
  }
  return std::nullopt;
}

std::optional<Arrival> ArrivalSchedule::next_of_trace() {
  if (number_ >= plan_.trace->size()) return std::nullopt;
  const TraceRow& row = (*plan_.trace)[number_];
  return Arrival{number_, start_ + row.at, &row};
}

std::optional<Arrival> ArrivalSchedule::next_of_rate() {
  const auto seconds = profile_.when(expected_);
  if (!seconds) return std::nullopt;
  expected_ += gap();
  return Arrival{number_,
                 start_ + duration_cast<Clock::duration>(std::chrono::duration<double>(*seconds))};
}

// On the scale on which one arrival is expected in each unit.
double ArrivalSchedule::gap() {
  switch (plan_.arrivals) {
    case Arrivals::constant:
      return 1;
    case Arrivals::poisson:
      return std::exponential_distribution<double>(1)(random_);
    case Arrivals::gamma:
      return std::gamma_distribution<double>(plan_.burstiness, 1 / plan_.burstiness)(random_);
  }
  return 1;
}

microseconds think_time(const LoadPlan& plan, std::uint64_t session, std::uint64_t turn) {
  // A generator that is cheap to seed: each think time has its own.
  const std::uint64_t seed = mixed(mixed(mixed(plan.seed) ^ session) ^ turn);
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed >> 32U));
  return draw(plan.think_time, random);
}

std::string schedule_hash(const LoadPlan& plan) {
  Hash hash;
  const ArrivalSchedule::Clock::time_point start{};
  ArrivalSchedule schedule(plan, start);
  const bool thinks = plan.think_time.most.count() > 0;
  const std::uint64_t turns = plan.sessions ? plan.turns_per_thread : 1;
  for (std::uint64_t count = 0; count < hashed_arrivals_max; ++count) {
    // A closed loop has no times of its own.
    if (!plan.open() && (plan.turns == 0 || count >= plan.turns)) break;
    const auto arrival = schedule.next(start);
    if (!arrival) break;
    hash.add(
        static_cast<std::uint64_t>(duration_cast<microseconds>(arrival->intended - start).count()));
    for (std::uint64_t turn = 1; thinks && turn < turns; ++turn)
      hash.add(static_cast<std::uint64_t>(think_time(plan, arrival->number, turn).count()));
  }
  return hash.text();
}

}  // namespace parlance::bench
