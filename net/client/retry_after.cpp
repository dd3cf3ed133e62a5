#include "net/client/retry_after.hpp"

#include "net/client/times.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>

namespace parlance::net {
namespace {

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<std::int64_t> seconds_until(std::string_view date) {
  const auto time = read_http_date(date);
  if (!time) return std::nullopt;
  return std::max<std::int64_t>(0, *time - std::time(nullptr));
}

}  // namespace

std::optional<std::chrono::milliseconds> read_retry_after(std::string_view retry_after,
                                                          std::string_view retry_after_ms,
                                                          std::chrono::milliseconds wait_max) {
  std::optional<std::int64_t> seconds = number_of(retry_after);
  if (!seconds) seconds = seconds_until(retry_after);
  if (const auto ms = number_of(retry_after_ms))
    return std::min(std::chrono::milliseconds(*ms), wait_max);
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(std::min<std::int64_t>(*seconds, wait_max / std::chrono::seconds(1)));
}

}  // namespace parlance::net
