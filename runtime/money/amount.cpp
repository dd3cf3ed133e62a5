#include "runtime/money/amount.hpp"

#include <algorithm>
#include <charconv>

namespace parlance {
namespace {

constexpr std::int64_t nanos_per_unit = 1'000'000'000;
constexpr std::int64_t units_max = 1'000'000'000;
constexpr std::size_t decimals_max = 9;

bool is_number(std::string_view digits) {
  return !digits.empty() && std::all_of(digits.begin(), digits.end(), [](char digit) {
    return digit >= '0' && digit <= '9';
  });
}

}  // namespace

Result<std::int64_t> parse_money(std::string_view text) {
  const Error wrong{ErrorCode::invalid_value,
                    "must be an amount such as \"12.50\", with at most nine decimals",
                    {},
                    {}};
  const auto point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string decimals(point == std::string_view::npos ? "0" : text.substr(point + 1));
  if (!is_number(whole) || !is_number(decimals) || decimals.size() > decimals_max) return wrong;
  decimals.resize(decimals_max, '0');
  std::int64_t units = 0;
  const auto read = std::from_chars(whole.data(), whole.data() + whole.size(), units);
  if (read.ec != std::errc{} || units > units_max) return wrong;
  std::int64_t nanos = 0;
  std::from_chars(decimals.data(), decimals.data() + decimals.size(), nanos);
  return units * nanos_per_unit + nanos;
}

std::string money_text(std::int64_t nanos) {
  const bool negative = nanos < 0;
  const std::uint64_t size = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(nanos)
                                      : static_cast<std::uint64_t>(nanos);
  std::string text = negative ? "-" : "";
  text += std::to_string(size / nanos_per_unit);
  std::string decimals = std::to_string(size % nanos_per_unit);
  decimals.insert(0, decimals_max - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  if (!decimals.empty()) text += '.' + decimals;
  return text;
}

}  // namespace parlance
