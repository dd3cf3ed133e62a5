#include "tests/simulation/disk.hpp"

#include "storage/keys.hpp"

#include <rocksdb/comparator.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <utility>

namespace parlance::simulation {
namespace {

std::string place_of(std::string_view thread, std::uint64_t seq) {
  return std::string(thread) + '#' + std::to_string(seq);
}

void put(Disk::Values& values, const std::string& key, const std::optional<std::string>& value) {
  if (value) {
    values.insert_or_assign(key, *value);
  } else {
    values.erase(key);
  }
}

// A batch as plain operations.
class Reading : public rocksdb::WriteBatch::Handler {
 public:
  rocksdb::Status PutCF(std::uint32_t family,
                        const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    write.push_back({family, key.ToString(), value.ToString()});
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(std::uint32_t family, const rocksdb::Slice& key) override {
    write.push_back({family, key.ToString(), std::nullopt});
    return rocksdb::Status::OK();
  }

  Disk::Write write;
};

class Walk : public rocksdb::Iterator {
 public:
  explicit Walk(const Disk::Values& values) : values_(values), at_(values.end()) {}

  bool Valid() const override { return at_ != values_.end(); }
  void SeekToFirst() override { at_ = values_.begin(); }
  void SeekToLast() override { at_ = values_.empty() ? values_.end() : std::prev(values_.end()); }
  void Seek(const rocksdb::Slice& target) override { at_ = values_.lower_bound(target.ToString()); }
  void SeekForPrev(const rocksdb::Slice& target) override {
    at_ = values_.upper_bound(target.ToString());
    Prev();
  }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == values_.begin() ? values_.end() : std::prev(at_); }
  rocksdb::Slice key() const override { return at_->first; }
  rocksdb::Slice value() const override { return at_->second; }
  rocksdb::Status status() const override { return rocksdb::Status::OK(); }

 private:
  const Disk::Values& values_;
  Disk::Values::const_iterator at_;
};

}  // namespace

// ---- the disk

void Disk::write(const Write& write, bool is_synced_write) {
  Unsynced done;
  done.write = write;
  for (const auto& [number, key, value] : write) {
    auto& values = families_[number];
    const auto found = values.find(key);
    done.before.push_back(
        {number, key, found == values.end() ? std::nullopt : std::optional(found->second)});
    put(values, key, value);
  }
  unsynced_.push_back(std::move(done));
  if (!is_synced_write) return;
  for (const auto& each : unsynced_) {
    for (const auto& operation : each.write)
      synced(operation);
  }
  unsynced_.clear();
}

void Disk::synced(const Operation& operation) {
  if (operation.family != events || !operation.value) return;
  const auto key = storage::split_event_key(operation.key);
  events_ever_[place_of(key->thread, key->seq)].push_back(
      std::hash<std::string>{}(*operation.value));
  constexpr std::size_t kind_at = 5;  // behind version and checksum
  if ((*operation.value)[kind_at] == 0x01) accepted_ever_.push_back(*operation.value);
}

bool Disk::was_accepted(const std::string& run) const {
  return std::any_of(accepted_ever_.begin(), accepted_ever_.end(), [&](const auto& record) {
    return record.find(run) != std::string::npos;
  });
}

void Disk::cut(std::size_t kept, bool keep_torn) {
  const bool all_kept = kept == unsynced_.size();
  while (unsynced_.size() > kept) {
    const auto& before = unsynced_.back().before;
    for (auto operation = before.rbegin(); operation != before.rend(); ++operation)
      put(families_[operation->family], operation->key, operation->value);
    unsynced_.pop_back();
  }
  const auto torn = std::exchange(torn_, std::nullopt);
  if (torn && keep_torn && all_kept) return write(*torn, /*is_synced_write=*/true);
  write({}, /*is_synced_write=*/true);
}

bool Disk::is_synced(std::uint32_t family, const std::string& key) const {
  for (const auto& write : unsynced_) {
    for (const auto& before : write.before) {
      if (before.family == family && before.key == key) return before.value.has_value();
    }
  }
  return families_[family].contains(key);
}

bool Disk::was_synced(const std::string& thread,
                      std::uint64_t seq,
                      const std::string& event) const {
  const auto found = events_ever_.find(place_of(thread, seq));
  if (found == events_ever_.end()) return false;
  return std::find(found->second.begin(), found->second.end(), std::hash<std::string>{}(event)) !=
         found->second.end();
}

// ---- the database

class DiskDatabase::Handle : public rocksdb::ColumnFamilyHandle {
 public:
  explicit Handle(std::uint32_t number) : number_(number) {}

  const std::string& GetName() const override { return name_; }
  std::uint32_t GetID() const override { return number_; }
  rocksdb::Status GetDescriptor(rocksdb::ColumnFamilyDescriptor*) override {
    return rocksdb::Status::NotSupported();
  }
  const rocksdb::Comparator* GetComparator() const override {
    return rocksdb::BytewiseComparator();
  }

 private:
  const std::string name_;
  const std::uint32_t number_;
};

DiskDatabase::DiskDatabase(Disk& disk)
    : rocksdb::StackableDB(static_cast<rocksdb::DB*>(nullptr)),
      disk_(disk) {
  for (std::uint32_t number = 0; number < Disk::families_count; ++number)
    handles_.push_back(std::make_unique<Handle>(number));
}

DiskDatabase::~DiskDatabase() = default;

std::vector<rocksdb::ColumnFamilyHandle*> DiskDatabase::handles() const {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  for (const auto& handle : handles_)
    handles.push_back(handle.get());
  return handles;
}

rocksdb::Status DiskDatabase::Write(const rocksdb::WriteOptions& options,
                                    rocksdb::WriteBatch* batch) {
  if (writes_ == Writes::refused) return rocksdb::Status::IOError("no write after a failed one");
  Reading reading;
  if (auto status = batch->Iterate(&reading); !status.ok()) return status;
  if (writes_ == Writes::fail) {
    writes_ = Writes::refused;
    disk_.write_torn(std::move(reading.write));
    return rocksdb::Status::IOError("the sync failed");
  }
  disk_.write(reading.write, options.sync);
  return rocksdb::Status::OK();
}

rocksdb::Status DiskDatabase::Get(const rocksdb::ReadOptions& options,
                                  rocksdb::ColumnFamilyHandle* family,
                                  const rocksdb::Slice& key,
                                  rocksdb::PinnableSlice* value) {
  if (options.read_tier == rocksdb::kBlockCacheTier && !memory_knows_)
    return rocksdb::Status::Incomplete();
  const auto& values = disk_.family(family->GetID());
  const auto found = values.find(key.ToString());
  if (found == values.end()) return rocksdb::Status::NotFound();
  value->PinSelf(found->second);
  return rocksdb::Status::OK();
}

void DiskDatabase::MultiGet(const rocksdb::ReadOptions& options,
                            rocksdb::ColumnFamilyHandle* family,
                            std::size_t count,
                            const rocksdb::Slice* keys,
                            rocksdb::PinnableSlice* values,
                            rocksdb::Status* statuses,
                            bool) {
  for (std::size_t i = 0; i < count; ++i)
    statuses[i] = Get(options, family, keys[i], &values[i]);
}

rocksdb::Iterator* DiskDatabase::NewIterator(const rocksdb::ReadOptions&,
                                             rocksdb::ColumnFamilyHandle* family) {
  return new Walk(disk_.family(family->GetID()));
}

}  // namespace parlance::simulation
