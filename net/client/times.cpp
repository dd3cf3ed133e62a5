#include "net/client/times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <string>
#include <utility>

namespace parlance::net {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, double>, 8> units_ms{{{"ms", 1},
                                                                       {"us", 1e-3},
                                                                       {"\u00b5s", 1e-3},
                                                                       {"ns", 1e-6},
                                                                       {"s", 1e3},
                                                                       {"m", 60e3},
                                                                       {"h", 3'600e3},
                                                                       {"d", 86'400e3}}};

// Digits with at most one point, taken off the front of `text`. Nothing else that a number may be:
// no sign, no exponent, no infinity.
std::optional<double> take_number(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + length, number, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + length) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

std::optional<double> take_unit_ms(std::string_view& text) {
  for (const auto& [name, ms] : units_ms) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return ms;
  }
  return std::nullopt;
}

// "Z", "+02:00", "-0530": what is to be taken off, in seconds.
std::optional<int> offset_seconds(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  std::string digits(text.substr(std::min<std::size_t>(1, text.size())));
  std::erase(digits, ':');
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_whole = error == std::errc{} && end == digits.data() + digits.size();
  if (!is_whole || digits.size() != 4 || number < 0) return std::nullopt;
  const int seconds = number / 100 * 3'600 + number % 100 * 60;
  if (text.front() == '+') return seconds;
  return text.front() == '-' ? std::optional(-seconds) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> read_http_date(std::string_view date) {
  std::tm time{};
  const std::string text(date);
  const char* end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&time);
}

std::optional<std::int64_t> read_rfc3339(std::string_view text) {
  std::tm time{};
  const std::string whole(text);
  const char* end = ::strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (end == nullptr) return std::nullopt;
  std::string_view rest(end);
  double fraction = 0;
  if (rest.starts_with('.')) {
    const auto read = take_number(rest);
    if (!read) return std::nullopt;
    fraction = *read;
  }
  const auto offset = offset_seconds(rest);
  if (!offset) return std::nullopt;
  return (std::int64_t{::timegm(&time)} - *offset) * 1'000 +
         static_cast<std::int64_t>(fraction * 1'000);
}

std::optional<milliseconds> read_time_span(std::string_view text, milliseconds most) {
  if (text.empty()) return std::nullopt;
  double ms = 0;
  const bool is_bare = text.find_first_not_of("0123456789.") == std::string_view::npos;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = is_bare ? std::optional(1e3) : take_unit_ms(text);
    if (!number || !unit) return std::nullopt;
    ms += *number * *unit;
  }
  const auto most_ms = static_cast<double>(most.count());
  return milliseconds(static_cast<std::int64_t>(std::ceil(std::min(ms, most_ms))));
}

}  // namespace parlance::net
