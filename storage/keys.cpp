#include "storage/keys.hpp"

#include <algorithm>
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

std::string_view prefix_of_event(std::string_view event_key) {
  return event_key.size() < suffix_bytes ? std::string_view()
                                         : event_key.substr(0, event_key.size() - number_bytes);
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
  return events_prefix(thread_key(delivery.thread), delivery.incarnation) + delivery.run.value;
}

std::optional<DeliveryKey> delivery_of(std::string_view key) {
  const auto tenant = key.find('\0');
  if (tenant == std::string_view::npos) return std::nullopt;
  const auto border = key.find('\0', tenant + 1);
  if (border == std::string_view::npos || key.size() <= border + 1 + number_bytes)
    return std::nullopt;
  return DeliveryKey{*thread_of(key.substr(0, border)),
                     be64(key.substr(border + 1)),
                     RunId{std::string(key.substr(border + 1 + number_bytes))}};
}

std::string account_key(const AccountKey& account) {
  std::string key(1, static_cast<char>(account.payer));
  key += account.tenant;
  key.push_back('\0');
  key += account.name;
  return key;
}

std::optional<AccountKey> account_of(std::string_view key) {
  const auto border = key.find('\0');
  if (key.empty() || border == std::string_view::npos) return std::nullopt;
  const auto payer = static_cast<std::uint8_t>(key.front());
  if (payer < static_cast<std::uint8_t>(Payer::tenant) ||
      payer > static_cast<std::uint8_t>(Payer::user))
    return std::nullopt;
  return AccountKey{static_cast<Payer>(payer),
                    std::string(key.substr(1, border - 1)),
                    std::string(key.substr(border + 1))};
}

std::string ledger_prefix(std::int64_t at_ms) {
  std::string prefix;
  put_be64(prefix, static_cast<std::uint64_t>(std::max<std::int64_t>(0, at_ms)));
  return prefix;
}

std::string ledger_key(const LedgerKey& call) {
  std::string key = ledger_prefix(call.at_ms) + events_prefix(thread_key(call.thread), call.epoch);
  put_be64(key, call.number);
  return key;
}

std::optional<LedgerKey> ledger_call_of(std::string_view key) {
  if (key.size() < number_bytes) return std::nullopt;
  const auto rest = split_event_key(key.substr(number_bytes));
  if (!rest) return std::nullopt;
  auto thread = thread_of(rest->thread);
  if (!thread) return std::nullopt;
  return LedgerKey{
      static_cast<std::int64_t>(be64(key)), std::move(*thread), rest->incarnation, rest->seq};
}

std::string answer_key(const AnswerKey& answer) {
  return answer.tenant + '\0' + answer.identity;
}

std::optional<AnswerKey> answer_of(std::string_view key) {
  const auto border = key.find('\0');
  if (border == std::string_view::npos) return std::nullopt;
  return AnswerKey{std::string(key.substr(0, border)), std::string(key.substr(border + 1))};
}

KeyRange answers_of(std::string_view tenant) {
  const std::string name(tenant);
  return name.empty() ? KeyRange{"", "\xFF"} : KeyRange{name + '\0', name + '\x01'};
}

}  // namespace parlance::storage
