#include "bench/load/arrivals.hpp"

namespace parlance::bench {

ArrivalSchedule::ArrivalSchedule(const LoadPlan& plan, Clock::time_point start)
    : plan_(plan),
      start_(start),
      end_(plan.time_max ? start + *plan.time_max : Clock::time_point::max()),
      random_(plan.seed) {}

std::optional<Arrival> ArrivalSchedule::next(Clock::time_point now) {
  if (plan_.turns != 0 && number_ >= plan_.turns) return std::nullopt;
  if (!open()) {
    if (now >= end_) return std::nullopt;
    return Arrival{number_++, now};
  }
  const bool given_up = plan_.time_max && now > end_ + plan_.timeout;
  while (plan_.turns == 0 || number_ < plan_.turns) {
    const auto intended = start_ + std::chrono::duration_cast<Clock::duration>(
                                       std::chrono::duration<double>(next_s_));
    if (intended >= end_) return std::nullopt;
    advance();
    if (!given_up) return Arrival{number_++, intended};
    ++number_;
    ++not_sent_;
  }
  return std::nullopt;
}

void ArrivalSchedule::advance() {
  if (plan_.arrivals == Arrivals::poisson) {
    next_s_ += std::exponential_distribution<double>(plan_.turns_per_second)(random_);
  } else {
    next_s_ = static_cast<double>(number_ + 1) / plan_.turns_per_second;
  }
}

}  // namespace parlance::bench
