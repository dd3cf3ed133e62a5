// What somebody has spent: today, this month, and in all. Days and months are UTC's.
//
// A call counts where it was reserved: what is settled after midnight changes the day before, of
// which nobody asks any more.
//
// Threading: plain data.
#pragma once

#include "runtime/money/amount.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace parlance {

enum class Period : std::uint8_t { day, month, total };
inline constexpr std::array all_periods{Period::day, Period::month, Period::total};
std::string_view to_string(Period period);

// That an alert told of a share of a budget.
struct ToldShare {
  Period period = Period::day;
  std::int64_t of = 0;  // the day or month, as in Account; 0 in all
  std::uint32_t millionths = 0;

  bool operator==(const ToldShare&) const = default;
};

struct Account {
  std::int64_t day = 0;    // that `of_day` is of: days since 1970
  std::int64_t month = 0;  // months since the year 0
  Amount of_day;
  Amount of_month;
  Amount in_all;
  // By Period: the highest share, in millionths, that an alert told of in this day or month.
  std::array<std::uint32_t, all_periods.size()> told{};

  // `at_ms`, since 1970: when the call was reserved.
  void add(const Amount& change, std::int64_t at_ms);
  Amount spent(Period period, std::int64_t now_ms) const;

  // Counts while the day or month is still the same.
  void tell(const ToldShare& share);
  std::int64_t number_of(Period period) const;  // of its day or month; 0 in all
  std::uint32_t& told_of(Period period) { return told[static_cast<std::size_t>(period)]; }

  bool operator==(const Account&) const = default;
};

}  // namespace parlance
