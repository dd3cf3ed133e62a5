// What the journal's database keeps, and what a power cut leaves of it.
//
// A write that is synced stays, and so does all that was written before it. Of the writes since the
// last sync a cut leaves a prefix, as RocksDB's log does.
//
// DiskDatabase is a rocksdb::DB on such a disk, for one life of the server: it knows the few calls
// that the journal makes. It writes as it is told: well, not at all, or in a way that fails while
// the bytes may have reached the disk.
#pragma once

#include <rocksdb/utilities/stackable_db.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace parlance::simulation {

class Disk {
 public:
  static constexpr std::size_t families_count = 8;
  enum Family : std::uint32_t {
    defaults,
    heads,
    events,
    unfinished,
    deliveries,
    accounts,
    ledger,
    answers
  };
  using Values = std::map<std::string, std::string>;

  struct Operation {
    std::uint32_t family = 0;
    std::string key;
    std::optional<std::string> value;  // none: deleted
  };
  using Write = std::vector<Operation>;

  void write(const Write& write, bool synced);
  // A write that failed: nobody sees it, but it may be there after a cut.
  void write_torn(Write write) { torn_ = std::move(write); }

  // Keeps `kept` of the unsynced writes, and the torn one behind them if it is told to.
  void cut(std::size_t kept, bool keep_torn);

  // As readers see it, unsynced writes included.
  const Values& family(std::uint32_t number) const { return families_[number]; }
  std::size_t unsynced() const { return unsynced_.size(); }
  bool has_torn() const { return torn_.has_value(); }

  bool is_synced(std::uint32_t family, const std::string& key) const;
  // Whether a record that accepts `run` was ever on disk, synced.
  bool was_accepted(const std::string& run) const;
  // Whether this was ever on disk, synced, as an event of `thread` at `seq`.
  bool was_synced(const std::string& thread, std::uint64_t seq, const std::string& event) const;

 private:
  void synced(const Operation& operation);

  std::array<Values, families_count> families_;
  // For each write since the last sync: what was written, and how to take it back.
  struct Unsynced {
    Write write;
    Write before;
  };
  std::vector<Unsynced> unsynced_;
  std::optional<Write> torn_;
  std::unordered_map<std::string, std::vector<std::size_t>> events_ever_;  // digests
  std::vector<std::string> accepted_ever_;                                 // records
};

class DiskDatabase : public rocksdb::StackableDB {
 public:
  enum class Writes : std::uint8_t { succeed, fail, refused };

  explicit DiskDatabase(Disk& disk);
  ~DiskDatabase() override;

  // fail: the next one, and those after it are refused, as RocksDB does.
  void let_writes(Writes writes) { writes_ = writes; }
  Writes writes() const { return writes_; }
  // Whether memory alone can tell that something is not there.
  void memory_knows(bool knows) { memory_knows_ = knows; }

  std::vector<rocksdb::ColumnFamilyHandle*> handles() const;

  using rocksdb::StackableDB::Get;
  using rocksdb::StackableDB::MultiGet;
  rocksdb::Status Write(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch) override;
  rocksdb::Status Get(const rocksdb::ReadOptions& options,
                      rocksdb::ColumnFamilyHandle* family,
                      const rocksdb::Slice& key,
                      rocksdb::PinnableSlice* value) override;
  void MultiGet(const rocksdb::ReadOptions& options,
                rocksdb::ColumnFamilyHandle* family,
                std::size_t count,
                const rocksdb::Slice* keys,
                rocksdb::PinnableSlice* values,
                rocksdb::Status* statuses,
                bool sorted_input) override;
  rocksdb::Iterator* NewIterator(const rocksdb::ReadOptions& options,
                                 rocksdb::ColumnFamilyHandle* family) override;

 private:
  class Handle;

  Disk& disk_;
  Writes writes_ = Writes::succeed;
  bool memory_knows_ = true;
  std::vector<std::unique_ptr<Handle>> handles_;
};

}  // namespace parlance::simulation
