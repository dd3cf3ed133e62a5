#include "runtime/base/units.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace parlance {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> durations{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> sizes{
    {{"GiB", 1'073'741'824}, {"MiB", 1'048'576}, {"KiB", 1'024}, {"B", 1}}};

Result<std::uint64_t> parse(std::string_view text,
                            std::span<const Unit> units,
                            std::string_view example) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (failed == std::errc{}) {
    for (const auto& unit : units) {
      if (unit.name != name) continue;
      constexpr auto most =
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 2);
      if (number > most / unit.factor) break;
      return number * unit.factor;
    }
  }
  return Error{
      ErrorCode::invalid_value,
      "\"" + std::string(text) + "\" is not a number with a unit, such as " + std::string(example),
      {},
      {}};
}

std::string print(std::uint64_t number, std::span<const Unit> units) {
  for (const auto& unit : units) {
    if (number % unit.factor == 0 && (number != 0 || unit.factor == 1)) {
      return std::to_string(number / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(number);
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  auto number = parse(text, durations, "250ms, 30s, 5m, 12h or 30d");
  if (!number) return number.error();
  return std::chrono::milliseconds(*number);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, sizes, "64KiB or 16MiB");
}

std::string to_text(std::chrono::milliseconds duration) {
  return print(static_cast<std::uint64_t>(duration.count()), durations);
}

std::string size_to_text(std::uint64_t bytes) {
  return print(bytes, sizes);
}

}  // namespace parlance
