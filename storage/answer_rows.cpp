#include "storage/answer_rows.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/iterator.h>

#include <memory>
#include <utility>

namespace parlance::storage {

Result<std::uint64_t> read_answers(JournalStore& store, const VisitAnswer& visit) {
  rocksdb::ReadOptions once;
  once.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(store.db().NewIterator(once, store.answers()));
  std::uint64_t damaged = 0;
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    auto key = answer_of(at->key().ToString());
    auto answer = decode_answer(at->value().ToString());
    if (!key || !answer) {
      ++damaged;
      continue;
    }
    answer->key = std::move(*key);
    visit(std::move(*answer));
  }
  if (!at->status().ok()) return storage_error("reading the kept answers", at->status());
  return damaged;
}

}  // namespace parlance::storage
