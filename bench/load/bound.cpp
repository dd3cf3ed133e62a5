#include "bench/load/bound.hpp"

#include "runtime/base/units.hpp"

#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace parlance::bench {
namespace {

Error wrong(std::string why) {
  return {ErrorCode::invalid_value, std::move(why), {}, {}};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> value_in(std::string_view text, bool is_time) {
  if (!is_time) return parse_number(text);
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<double>(duration->count());
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

Result<BoundText> split_bound(std::string_view text) {
  const auto at = text.find_first_of("<>= ");
  if (at == std::string_view::npos) return wrong("it has no bound");
  return BoundText{text.substr(0, at), trimmed(text.substr(at))};
}

Result<std::function<bool(double)>> parse_bound(std::string_view text, bool is_time) {
  using Holds = std::function<bool(double)>;
  const auto digits = text.find_first_not_of("<>=in ");
  const auto sign = trimmed(text.substr(0, digits));
  const auto bounds = digits == std::string_view::npos ? std::string_view() : text.substr(digits);
  const auto dots = sign == "in" ? bounds.find("..") : std::string_view::npos;
  if (sign == "in" && dots == std::string_view::npos) return wrong("a range is LEAST..MOST");
  const auto least = value_in(trimmed(bounds.substr(0, dots)), is_time);
  const auto most =
      dots == std::string_view::npos ? least : value_in(trimmed(bounds.substr(dots + 2)), is_time);
  if (!least || !most)
    return wrong(is_time ? "a time is a duration such as 250ms" : "a bound is a number");
  if (*least > *most) return wrong("the range is empty");
  if (sign == "<") return Holds([bound = *least](double value) { return value < bound; });
  if (sign == "<=") return Holds([bound = *least](double value) { return value <= bound; });
  if (sign == ">") return Holds([bound = *least](double value) { return value > bound; });
  if (sign == ">=") return Holds([bound = *least](double value) { return value >= bound; });
  if (sign == "==" || sign == "in") {
    return Holds(
        [from = *least, to = *most](double value) { return value >= from && value <= to; });
  }
  return wrong("it has no operator: < <= > >= == or in");
}

}  // namespace parlance::bench
