#include "runtime/journal/checkpoint_ids.hpp"

#include "runtime/base/digest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace parlance {
namespace {

constexpr std::uint64_t ticks_from_1582_to_1970 = 0x01B21DD213814000;
constexpr std::uint64_t ticks_per_ms = 10'000;
constexpr unsigned incarnation_random_bits = 20;
constexpr std::uint64_t check_mask = (std::uint64_t{1} << 62U) - 1;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << 60U) - 1;
constexpr std::uint64_t time_low_mask = 0xFFF;

std::uint64_t from_hex(std::string_view digits) {
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return number;
}

}  // namespace

CheckpointIds::CheckpointIds(const ThreadKey& thread, std::uint64_t incarnation)
    : ticks_(ticks_from_1582_to_1970 + (incarnation >> incarnation_random_bits) * ticks_per_ms),
      check_(from_hex(sha256_hex(thread.tenant.value + '\n' + thread.thread.value + '\n' +
                                 std::to_string(incarnation))
                          .substr(0, 16)) >>
             2U) {}

std::string CheckpointIds::id_of(CheckpointPlace place) const {
  const std::uint64_t ticks =
      (ticks_ + 4 * place.seq + static_cast<std::uint64_t>(place.kind)) & time_mask;
  std::array<char, 37> text{};
  std::snprintf(text.data(),
                text.size(),
                "%08x-%04x-6%03x-%04x-%012llx",
                static_cast<unsigned>(ticks >> 28U),
                static_cast<unsigned>((ticks >> 12U) & 0xFFFFU),
                static_cast<unsigned>(ticks & time_low_mask),
                static_cast<unsigned>(0x8000U | (check_ >> 48U)),
                static_cast<unsigned long long>(check_ & 0xFFFFFFFFFFFFU));
  return text.data();
}

std::optional<CheckpointPlace> CheckpointIds::place_of(std::string_view id) const {
  if (!is_uuid(id)) return std::nullopt;
  std::string digits(id);
  std::erase(digits, '-');
  const std::uint64_t upper = from_hex(std::string_view(digits).substr(0, 16));
  const std::uint64_t lower = from_hex(std::string_view(digits).substr(16));
  const std::uint64_t ticks = ((upper >> 16U) << 12U) | (upper & time_low_mask);
  const std::uint64_t place = ticks - ticks_;
  const CheckpointPlace found{place / 4, static_cast<CheckpointPlace::Kind>(place % 4)};
  const bool ours = ticks >= ticks_ && (lower & check_mask) == check_ && place % 4 != 3;
  if (!ours || parse_identifier(id) != id_of(found)) return std::nullopt;
  return found;
}

}  // namespace parlance
