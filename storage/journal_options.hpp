// What can be set of the journal. A whole server with 200,000 threads on disk and the defaults
// below stays under 300 MB.
#pragma once

#include "runtime/money/budget_book.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace parlance::storage {

struct JournalOptions {
  std::filesystem::path path;

  std::chrono::milliseconds sweep_period = std::chrono::minutes(10);
  // Between a thread's expiry, from which on nothing is read of it, and the dropping of its bytes.
  std::chrono::milliseconds expiry_grace = std::chrono::seconds(5);
  // What has expired or was deleted is off the disk after this time, however little it is.
  std::chrono::milliseconds garbage_age_max = std::chrono::hours(24);

  // How long a call to a model stands in the ledger.
  std::chrono::milliseconds ledger_ttl = std::chrono::hours(24 * 90);

  // Accounts of which nothing counts any more leave the disk: who has spent something once does not
  // stay there for ever. The same answer for the same account from then on, until it spends again.
  std::function<bool(const AccountKey& owner, const Account& account, std::int64_t now_ms)>
      is_idle = [](const AccountKey&, const Account&, std::int64_t) { return false; };

  // Answers that are kept are written and read. If not, those that are there are dropped when the
  // store is opened.
  bool keeps_answers = false;

  std::size_t batch_appends_max = 1'024;
  std::size_t batch_bytes_max = 4U << 20U;

  std::size_t reader_threads = 2;
  std::size_t reads_waiting_max = 10'000;

  std::size_t memtable_bytes = 16U << 20U;
  std::size_t block_cache_bytes = 32U << 20U;
  int open_files_max = 256;

  // Called once, on a thread of the journal's, when a write has failed: nobody knows what is on
  // disk, and only a restart, which reads the log, finds out.
  std::function<void(std::string reason)> on_write_failure = [](const std::string&) {};
};

}  // namespace parlance::storage
