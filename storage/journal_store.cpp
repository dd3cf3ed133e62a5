#include "storage/journal_store.hpp"

#include "runtime/base/failpoint.hpp"
#include "storage/failing_sync_file_system.hpp"
#include "storage/forgetful_file_system.hpp"
#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <cstdint>
#include <system_error>
#include <utility>

namespace parlance::storage {
namespace {

constexpr std::uint64_t log_bytes_max = 64U << 20U;
constexpr std::uint64_t table_bytes = 16U << 20U;
constexpr std::uint64_t small_memtable_bytes = 1U << 20U;

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

rocksdb::DBOptions database_options(const JournalOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.max_open_files = options.open_files_max;
  db.max_background_jobs = 2;
  db.max_total_wal_size = log_bytes_max;
  db.db_write_buffer_size = 2 * options.memtable_bytes;
  // A log whose middle is damaged has lost acknowledged writes: better not to start than to go on
  // without them. A torn end is what a crash leaves.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // After a failed write nobody knows what is on disk: stay down until the process starts again.
  db.max_bgerror_resume_count = 0;
  db.info_log_level = rocksdb::WARN_LEVEL;
  db.max_log_file_size = 1U << 20U;
  db.keep_log_file_num = 2;
  db.max_manifest_file_size = 4U << 20U;
  // Space for the log is set aside ahead of its writes: syncing a file that grows takes several
  // times as long. For the manifest the default of 4 MiB would be most of a small store.
  db.manifest_preallocation_size = 64U << 10U;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache,
                                            std::uint64_t memtable_bytes,
                                            bool looked_up_by_key) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 8U << 10U;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  if (looked_up_by_key) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));

  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = memtable_bytes;
  family.max_write_buffer_number = 2;
  family.target_file_size_base = table_bytes;
  family.max_bytes_for_level_base = 4 * table_bytes;
  family.level_compaction_dynamic_level_bytes = true;
  family.compression = rocksdb::kLZ4Compression;
  return family;
}

// A thread's events follow each other: each goes behind the one before it, with no search for its
// place among all the others in memory.
class ThreadOfEvent : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "parlance.ThreadOfEvent"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return slice(prefix_of_event({key.data(), key.size()}));
  }
  bool InDomain(const rocksdb::Slice& key) const override { return !Transform(key).empty(); }
};

std::unique_ptr<rocksdb::Env> make_env() {
  if (!failpoints_compiled_in()) return nullptr;
  std::shared_ptr<rocksdb::FileSystem> files = rocksdb::FileSystem::Default();
  if (failpoint_fires("storage.unsynced_in_memory"))
    files = std::make_shared<ForgetfulFileSystem>(files);
  return rocksdb::NewCompositeEnv(std::make_shared<FailingSyncFileSystem>(files));
}

}  // namespace

Error storage_error(std::string_view what, const rocksdb::Status& status) {
  return {ErrorCode::storage_failed, std::string(what) + ": " + status.ToString(), {}, {}};
}

Result<std::unique_ptr<JournalStore>> JournalStore::open_store(const JournalOptions& options,
                                                               std::shared_ptr<ExpiryJudge> judge) {
  std::error_code failed;
  std::filesystem::create_directories(options.path, failed);
  if (failed) {
    return Error{ErrorCode::storage_failed,
                 options.path.string() + ": " + failed.message(),
                 "storage.path",
                 {}};
  }

  auto store = std::unique_ptr<JournalStore>(new JournalStore(judge));
  auto db_options = database_options(options);
  store->env_ = make_env();
  if (store->env_) db_options.env = store->env_.get();

  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  auto heads = family_options(cache, options.memtable_bytes, true);
  heads.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::heads);
  auto events = family_options(cache, options.memtable_bytes, false);
  events.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::events);
  events.memtable_insert_with_hint_prefix_extractor = std::make_shared<ThreadOfEvent>();
  auto unfinished = family_options(cache, small_memtable_bytes, false);
  unfinished.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::unfinished);
  auto ledger = family_options(cache, small_memtable_bytes, false);
  ledger.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::ledger);
  auto accounts = family_options(cache, small_memtable_bytes, true);
  accounts.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::accounts);
  auto answers = family_options(cache, small_memtable_bytes, false);
  answers.compaction_filter_factory = make_expiry_filter(judge, FilteredFamily::answers);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families{
      {rocksdb::kDefaultColumnFamilyName, family_options(cache, small_memtable_bytes, false)},
      {std::string(heads_family), heads},
      {std::string(events_family), events},
      {std::string(unfinished_family), unfinished},
      {std::string(deliveries_family), family_options(cache, small_memtable_bytes, true)},
      {std::string(accounts_family), accounts},
      {std::string(ledger_family), ledger},
      {std::string(answers_family), answers}};

  rocksdb::DB* db = nullptr;
  const auto status =
      rocksdb::DB::Open(db_options, options.path.string(), families, &store->handles_, &db);
  if (!status.ok()) {
    return Error{ErrorCode::storage_failed,
                 options.path.string() + ": " + status.ToString(),
                 "storage.path",
                 {}};
  }
  store->opened_.reset(db);
  store->db_ = db;
  judge->attach(*db, *store->heads());
  return store;
}

JournalStore::~JournalStore() {
  if (!opened_) return;
  rocksdb::CancelAllBackgroundWork(db_, /*wait=*/true);
  judge_->detach();
  for (auto* handle : handles_)
    static_cast<void>(db_->DestroyColumnFamilyHandle(handle));
  static_cast<void>(db_->Close());
}

Result<void> JournalStore::drop_answers() {
  auto* const dropped = handles_.back();
  const rocksdb::ColumnFamilyOptions options(db_->GetOptions(dropped));
  if (const auto status = db_->DropColumnFamily(dropped); !status.ok())
    return storage_error("dropping the kept answers", status);
  handles_.pop_back();
  static_cast<void>(db_->DestroyColumnFamilyHandle(dropped));
  rocksdb::ColumnFamilyHandle* made = nullptr;
  const auto status = db_->CreateColumnFamily(options, std::string(answers_family), &made);
  if (!status.ok()) return storage_error("making the family of kept answers", status);
  handles_.push_back(made);
  return {};
}

Result<std::optional<Head>> JournalStore::head(std::string_view thread) {
  rocksdb::PinnableSlice value;
  const auto status = db_->Get(rocksdb::ReadOptions(), heads(), slice(thread), &value);
  if (status.IsNotFound()) return std::optional<Head>{};
  if (!status.ok()) return storage_error("reading a head", status);
  auto head = decode_head(value.ToString());
  if (!head) return head.error();
  return std::optional<Head>{std::move(*head)};
}

bool JournalStore::surely_no_head(std::string_view thread) {
  rocksdb::ReadOptions in_memory;
  in_memory.read_tier = rocksdb::kBlockCacheTier;
  rocksdb::PinnableSlice value;
  return db_->Get(in_memory, heads(), slice(thread), &value).IsNotFound();
}

Result<std::optional<std::string>> JournalStore::setting(std::string_view key) {
  rocksdb::PinnableSlice value;
  const auto status = db_->Get(rocksdb::ReadOptions(), defaults(), slice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return storage_error("reading a setting", status);
  return std::optional<std::string>{value.ToString()};
}

}  // namespace parlance::storage
