#include "runtime/money/account.hpp"

#include <algorithm>
#include <chrono>

namespace parlance {
namespace {

using std::chrono::days;

days day_of(std::int64_t at_ms) {
  return std::chrono::floor<days>(std::chrono::milliseconds(at_ms));
}

std::int64_t month_of(std::int64_t at_ms) {
  const std::chrono::year_month_day date{std::chrono::sys_days(day_of(at_ms))};
  return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1;
}

void add_in_period(
    Amount& sum, std::int64_t& period, std::uint32_t& told, const Amount& change, std::int64_t of) {
  if (of > period) {
    period = of;
    sum = {};
    told = 0;
  }
  if (of == period) sum += change;
}

}  // namespace

std::string_view to_string(Period period) {
  switch (period) {
    case Period::day:
      return "day";
    case Period::month:
      return "month";
    case Period::total:
      break;
  }
  return "total";
}

void Account::add(const Amount& change, std::int64_t at_ms) {
  add_in_period(of_day, day, told_of(Period::day), change, day_of(at_ms).count());
  add_in_period(of_month, month, told_of(Period::month), change, month_of(at_ms));
  in_all += change;
}

void Account::tell(const ToldShare& share) {
  if (number_of(share.period) != share.of) return;
  told_of(share.period) = std::max(told_of(share.period), share.millionths);
}

std::int64_t Account::number_of(Period period) const {
  switch (period) {
    case Period::day:
      return day;
    case Period::month:
      return month;
    case Period::total:
      break;
  }
  return 0;
}

Amount Account::spent(Period period, std::int64_t now_ms) const {
  switch (period) {
    case Period::day:
      return day_of(now_ms).count() > day ? Amount{} : of_day;
    case Period::month:
      return month_of(now_ms) > month ? Amount{} : of_month;
    case Period::total:
      break;
  }
  return in_all;
}

}  // namespace parlance
