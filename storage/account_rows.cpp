#include "storage/account_rows.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

namespace parlance::storage {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string hex_of(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text.push_back(hex_digits[value >> 4U]);
    text.push_back(hex_digits[value & 15U]);
  }
  return text;
}

std::optional<std::string> bytes_of_hex(std::string_view text) {
  std::string bytes;
  if (text.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = hex_digits.find(text[i]);
    const auto low = hex_digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<char>(high * 16 + low));
  }
  return bytes;
}

bool matches(const std::string& wanted, const std::string& found) {
  return wanted.empty() || wanted == found;
}

bool matches(const LedgerQuery& query, const LedgerRow& row) {
  return matches(query.tenant, row.key.thread.tenant.value) &&
         matches(query.thread, row.key.thread.thread.value) &&
         matches(query.caller_key, row.caller_key) && matches(query.user, row.user);
}

}  // namespace

void AccountRows::add(const Spending& spending, rocksdb::WriteBatch& batch) {
  const std::string key = account_key(spending.account);
  auto planned = planned_.find(key);
  if (planned == planned_.end()) planned = planned_.emplace(key, stored(key)).first;
  spending.add_to(planned->second);
  batch.Put(store_.accounts(), key, encode(planned->second));
}

Account AccountRows::stored(const std::string& key) const {
  rocksdb::PinnableSlice value;
  const auto status = store_.db().Get(rocksdb::ReadOptions(), store_.accounts(), key, &value);
  if (status.IsNotFound()) return {};
  if (!status.ok()) throw std::runtime_error(status.ToString());
  const auto account = decode_account(value.ToString());
  if (!account) throw std::runtime_error(account.error().detail);
  return *account;
}

Result<void> read_accounts(JournalStore& store, const VisitAccount& visit) {
  const std::unique_ptr<rocksdb::Iterator> at(
      store.db().NewIterator(rocksdb::ReadOptions(), store.accounts()));
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    const auto key = account_of(at->key().ToString());
    const auto account = decode_account(at->value().ToString());
    if (!account) return account.error();
    if (!key) return Error{ErrorCode::record_damaged, "an account has no owner", {}, {}};
    visit(*key, *account);
  }
  if (!at->status().ok()) return storage_error("reading the accounts", at->status());
  return {};
}

Result<LedgerPage> read_ledger(JournalStore& store,
                               const LedgerQuery& query,
                               std::int64_t oldest_ms,
                               const Ledger::Visit& visit,
                               JournalMetrics& metrics) {
  const auto after = bytes_of_hex(query.after);
  if (!after) return Error{ErrorCode::invalid_value, "is not where a page ended", "after", {}};
  std::string from = ledger_prefix(std::max(query.from_ms, oldest_ms));
  if (!after->empty()) from = std::max(from, *after + '\0');
  const std::unique_ptr<rocksdb::Iterator> at(
      store.db().NewIterator(rocksdb::ReadOptions(), store.ledger()));
  std::string last;
  std::size_t looked_at = 0;
  std::size_t shown = 0;
  for (at->Seek(from); at->Valid(); at->Next()) {
    auto key = ledger_call_of(at->key().ToString());
    if (key && key->at_ms >= query.to_ms) break;
    if (shown == query.rows_max || looked_at == Ledger::rows_looked_at_max)
      return LedgerPage{hex_of(last)};
    ++looked_at;
    last = at->key().ToString();
    auto row = decode_ledger_row(at->value().ToString());
    if (!key || !row) {
      metrics.record_damaged();
      continue;
    }
    row->key = std::move(*key);
    if (!matches(query, *row)) continue;
    visit(*row);
    ++shown;
  }
  if (!at->status().ok()) return storage_error("reading the ledger", at->status());
  return LedgerPage{};
}

}  // namespace parlance::storage
