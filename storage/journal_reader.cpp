#include "storage/journal_reader.hpp"

#include "storage/expiry.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/iterator.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>

namespace parlance::storage {
namespace {

// What RocksDB shows is copied by RocksDB (ToString()) and read as a copy: its threads share that
// memory under locks that ThreadSanitizer cannot see (tests/tsan.supp).

constexpr std::size_t lookups_at_once = 64;

}  // namespace

Error JournalReader::damaged(std::string what) {
  metrics_.record_damaged();
  return {ErrorCode::record_damaged, std::move(what), {}, {}};
}

Result<OpenedThread> JournalReader::open(const std::string& thread) {
  const auto started = std::chrono::steady_clock::now();
  auto loaded = load(thread);
  metrics_.opened(static_cast<bool>(loaded), std::chrono::steady_clock::now() - started);
  if (!loaded) {
    open_threads_.fail_opening(thread);
    return loaded.error();
  }
  loaded->thread.epoch = open_threads_.end_opening(thread, loaded->stored_epoch, loaded->standing);
  return std::move(loaded->thread);
}

std::optional<OpenedThread> JournalReader::open_absent(const std::string& thread) {
  const auto started = std::chrono::steady_clock::now();
  if (!store_.surely_no_head(thread)) return std::nullopt;
  OpenedThread opened;
  opened.epoch = open_threads_.end_opening(thread, 0, {});
  metrics_.opened(true, std::chrono::steady_clock::now() - started);
  return opened;
}

Result<JournalReader::Loaded> JournalReader::load(const std::string& thread) {
  auto stored = store_.head(thread);
  if (!stored) {
    if (stored.error().code == ErrorCode::record_damaged) return damaged(stored.error().detail);
    return stored.error();
  }
  Loaded loaded;
  if (!*stored) return loaded;
  Head& head = **stored;
  loaded.stored_epoch = head.epoch;
  if (expired(head.expires_ms, clock_.unix_ms())) {
    loaded.standing.replaces = true;
    return loaded;
  }

  const std::string prefix = events_prefix(thread, head.incarnation);
  const auto seq = last_seq(prefix);
  if (!seq) return seq.error();
  if (*seq < head.seq) return damaged("records after " + std::to_string(*seq) + " are missing");
  const auto ended = follow_ended(prefix, head);
  if (!ended) return ended.error();
  auto& records = loaded.thread.records;
  if (auto done = load_at(prefix, ended->seqs, records); !done) return done.error();
  if (auto done = load_unfinished(prefix, head.unfinished_seqs, ended->begun_to, records); !done)
    return done.error();
  std::sort(
      records.begin(), records.end(), [](const auto& a, const auto& b) { return a->seq < b->seq; });

  loaded.standing = {.seq = *seq,
                     .incarnation = head.incarnation,
                     .expires_ms = head.expires_ms,
                     .running = !head.unfinished_seqs.empty()};
  loaded.thread.seq = *seq;
  loaded.thread.head = std::move(head);
  return loaded;
}

Result<std::uint64_t> JournalReader::last_seq(const std::string& prefix) {
  rocksdb::ReadOptions options;
  const rocksdb::Slice lower(prefix);
  options.iterate_lower_bound = &lower;
  const std::unique_ptr<rocksdb::Iterator> at(store_.db().NewIterator(options, store_.events()));
  at->SeekForPrev(event_key(prefix, UINT64_MAX));
  if (!at->status().ok()) return storage_error("reading a thread's end", at->status());
  if (!at->Valid()) return std::uint64_t{0};
  const auto key = at->key().ToString();
  return key.starts_with(prefix) ? split_event_key(key)->seq : std::uint64_t{0};
}

// The records of all turns that have ended: by their places, each once.
Result<JournalReader::EndedTurns> JournalReader::follow_ended(const std::string& prefix,
                                                              const Head& head) {
  EndedTurns turns;
  auto& seqs = turns.seqs;
  rocksdb::PinnableSlice value;
  for (std::uint64_t at = head.last_ended_seq; at != 0;) {
    value.Reset();
    const auto status =
        store_.db().Get(rocksdb::ReadOptions(), store_.events(), event_key(prefix, at), &value);
    if (status.IsNotFound()) return damaged("record " + std::to_string(at) + " is missing");
    if (!status.ok()) return storage_error("reading a record", status);
    const auto event = decode_event(value.ToString());
    if (!event) return damaged("record " + std::to_string(at) + ": " + event.error().detail);
    const auto* ended = get_if<TurnEnded>(&*event);
    if (ended == nullptr || ended->previous_ended_seq >= at || ended->accepted_seq >= at) {
      return damaged("record " + std::to_string(at) + " is not the end of a turn");
    }
    if (ended->begun && turns.begun_to == 0) turns.begun_to = at;
    seqs.push_back(at);
    if (ended->accepted_seq != 0) seqs.push_back(ended->accepted_seq);
    seqs.insert(seqs.end(), ended->message_seqs.begin(), ended->message_seqs.end());
    at = ended->previous_ended_seq;
  }
  std::sort(seqs.begin(), seqs.end());
  seqs.erase(std::unique(seqs.begin(), seqs.end()), seqs.end());
  return turns;
}

Result<void> JournalReader::load_at(const std::string& prefix,
                                    const std::vector<std::uint64_t>& seqs,
                                    std::vector<RecordPtr>& records) {
  std::array<std::string, lookups_at_once> keys;
  std::array<rocksdb::Slice, lookups_at_once> slices;
  std::array<rocksdb::PinnableSlice, lookups_at_once> values;
  std::array<rocksdb::Status, lookups_at_once> statuses;
  for (std::size_t from = 0; from < seqs.size(); from += lookups_at_once) {
    const std::size_t count = std::min(lookups_at_once, seqs.size() - from);
    for (std::size_t i = 0; i < count; ++i) {
      keys[i] = event_key(prefix, seqs[from + i]);
      slices[i] = keys[i];
    }
    store_.db().MultiGet(rocksdb::ReadOptions(),
                         store_.events(),
                         count,
                         slices.data(),
                         values.data(),
                         statuses.data(),
                         /*sorted_input=*/true);
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses[i].IsNotFound())
        return damaged("record " + std::to_string(seqs[from + i]) + " is missing");
      if (!statuses[i].ok()) return storage_error("reading a record", statuses[i]);
      auto read = record(seqs[from + i], values[i].ToString());
      if (!read) return read.error();
      records.push_back(std::move(*read));
      values[i].Reset();
    }
  }
  return {};
}

// All records of the turns that have not ended. Behind `begun_to` there may be some of turns that
// have, without having begun.
Result<void> JournalReader::load_unfinished(const std::string& prefix,
                                            std::vector<std::uint64_t> accepted_seqs,
                                            std::uint64_t begun_to,
                                            std::vector<RecordPtr>& records) {
  if (accepted_seqs.empty()) return {};
  std::sort(accepted_seqs.begin(), accepted_seqs.end());
  const std::size_t loaded_before = records.size();
  if (auto done = load_at(prefix, accepted_seqs, records); !done) return done;
  std::set<std::uint64_t> turns;
  for (std::size_t i = loaded_before; i < records.size(); ++i) {
    if (!holds_alternative<TurnAccepted>(records[i]->event))
      return damaged("record " + std::to_string(records[i]->seq) + " does not accept a turn");
    turns.insert(turn_of(records[i]->event));
  }
  const std::unique_ptr<rocksdb::Iterator> at(
      store_.db().NewIterator(rocksdb::ReadOptions(), store_.events()));
  const std::uint64_t first = std::max(accepted_seqs.front(), begun_to) + 1;
  for (at->Seek(event_key(prefix, first)); at->Valid(); at->Next()) {
    const auto key = at->key().ToString();
    if (!key.starts_with(prefix)) break;
    const std::uint64_t seq = split_event_key(key)->seq;
    if (std::binary_search(accepted_seqs.begin(), accepted_seqs.end(), seq)) continue;
    auto read = record(seq, at->value().ToString());
    if (!read) return read.error();
    if (turns.contains(turn_of((*read)->event))) records.push_back(std::move(*read));
  }
  if (!at->status().ok()) return storage_error("reading unfinished turns", at->status());
  return {};
}

Result<RecordPtr> JournalReader::record(std::uint64_t seq, std::string_view value) {
  auto event = decode_event(value);
  if (!event) return damaged("record " + std::to_string(seq) + ": " + event.error().detail);
  return RecordPtr(std::make_shared<const Record>(Record{seq, std::move(*event)}));
}

Result<std::vector<RecordPtr>> JournalReader::read(const std::string& thread,
                                                   std::uint64_t first,
                                                   std::uint64_t last,
                                                   std::size_t records_max) {
  std::vector<RecordPtr> records;
  const auto head = store_.head(thread);
  if (!head) {
    if (head.error().code == ErrorCode::record_damaged) return damaged(head.error().detail);
    return head.error();
  }
  if (!*head) return records;
  const bool alive = !expired((*head)->expires_ms, clock_.unix_ms()) ||
                     open_threads_.running(thread, (*head)->incarnation);
  if (!alive) return records;

  const std::string prefix = events_prefix(thread, (*head)->incarnation);
  const std::unique_ptr<rocksdb::Iterator> at(
      store_.db().NewIterator(rocksdb::ReadOptions(), store_.events()));
  std::size_t bytes = 0;
  for (at->Seek(event_key(prefix, first)); at->Valid(); at->Next()) {
    const auto key = at->key().ToString();
    if (!key.starts_with(prefix)) break;
    const std::uint64_t seq = split_event_key(key)->seq;
    if (seq > last || records.size() >= records_max || bytes >= range_bytes_max) break;
    auto read = record(seq, at->value().ToString());
    if (!read) return read.error();
    bytes += at->value().size();
    records.push_back(std::move(*read));
  }
  if (!at->status().ok()) return storage_error("reading records", at->status());
  return records;
}

Result<std::vector<ThreadKey>> JournalReader::unfinished(const std::optional<ThreadKey>& after,
                                                         std::size_t threads_max) {
  std::vector<ThreadKey> threads;
  const std::unique_ptr<rocksdb::Iterator> at(
      store_.db().NewIterator(rocksdb::ReadOptions(), store_.unfinished()));
  if (after) {
    at->Seek(thread_key(*after) + '\0');
  } else {
    at->SeekToFirst();
  }
  for (; at->Valid() && threads.size() < threads_max; at->Next()) {
    const auto expires_ms = decode_time(at->value().ToString());
    if (expires_ms && expired(*expires_ms, clock_.unix_ms())) continue;
    if (auto thread = thread_of(at->key().ToString())) threads.push_back(std::move(*thread));
  }
  if (!at->status().ok()) return storage_error("listing unfinished turns", at->status());
  return threads;
}

}  // namespace parlance::storage
