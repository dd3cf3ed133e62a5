#include "storage/keys.hpp"

#include <cstddef>
#include <utility>

namespace parlance::storage {
namespace {

constexpr std::size_t number_bytes = 8;
constexpr std::size_t suffix_bytes = 1 + 2 * number_bytes;  // 0x00 incarnation seq

void put_be64(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((number >> shift) & 0xFFU));
}

std::uint64_t be64(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < number_bytes; ++i) {
    number = (number << 8U) | static_cast<std::uint8_t>(bytes[i]);
  }
  return number;
}

}  // namespace

std::string thread_key(const ThreadKey& thread) {
  std::string key;
  key.reserve(thread.tenant.value.size() + 1 + thread.thread.value.size());
  key += thread.tenant.value;
  key.push_back('\0');
  key += thread.thread.value;
  return key;
}

std::optional<ThreadKey> thread_of(std::string_view key) {
  const auto border = key.find('\0');
  if (border == std::string_view::npos) return std::nullopt;
  return ThreadKey{TenantId{std::string(key.substr(0, border))},
                   ThreadId{std::string(key.substr(border + 1))}};
}

std::string events_prefix(std::string_view thread, std::uint64_t incarnation) {
  std::string prefix;
  prefix.reserve(thread.size() + suffix_bytes);
  prefix += thread;
  prefix.push_back('\0');
  put_be64(prefix, incarnation);
  return prefix;
}

std::string event_key(std::string_view events_prefix, std::uint64_t seq) {
  std::string key;
  key.reserve(events_prefix.size() + number_bytes);
  key += events_prefix;
  put_be64(key, seq);
  return key;
}

std::optional<EventKey> split_event_key(std::string_view key) {
  if (key.size() < suffix_bytes) return std::nullopt;
  const std::size_t border = key.size() - suffix_bytes;
  if (key[border] != '\0') return std::nullopt;
  return EventKey{key.substr(0, border),
                  be64(key.substr(border + 1)),
                  be64(key.substr(border + 1 + number_bytes))};
}

std::string deliveries_prefix(std::string_view thread) {
  std::string prefix(thread);
  prefix.push_back('\0');
  return prefix;
}

std::string delivery_key(const DeliveryKey& delivery) {
  return deliveries_prefix(thread_key(delivery.thread)) + delivery.run.value;
}

std::optional<DeliveryKey> delivery_of(std::string_view key) {
  const auto border = key.rfind('\0');
  if (border == std::string_view::npos) return std::nullopt;
  auto thread = thread_of(key.substr(0, border));
  if (!thread) return std::nullopt;
  return DeliveryKey{std::move(*thread), RunId{std::string(key.substr(border + 1))}};
}

}  // namespace parlance::storage
