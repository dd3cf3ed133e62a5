// The rows of webhooks that no receiver has yet: what one batch of the journal's writer does to
// them, and how they are read.
//
// Threading: a DeliveryRows belongs to the writer's thread; the functions may be called from any.
//
// Bounds: the rows are few (webhooks.deliveries_waiting_max), and a thread's are found by their
// prefix.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/metrics/journal_metrics.hpp"
#include "runtime/ports/outbox.hpp"
#include "storage/journal_store.hpp"

#include <rocksdb/write_batch.h>

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace parlance::storage {

class DeliveryRows {
 public:
  explicit DeliveryRows(JournalStore& store) : store_(store) {}

  // What follows is planned for a new batch; the one before is on disk.
  void begin_batch() { planned_.clear(); }

  void put(const std::string& key, const std::string& value, rocksdb::WriteBatch& batch);
  void replace(const std::string& key, const std::string& value, rocksdb::WriteBatch& batch);
  void remove(const std::string& key, rocksdb::WriteBatch& batch);

  // All of a thread. Throws std::runtime_error when the store cannot be read: the writer is
  // started again, and nothing of the batch is lost.
  void erase_of(const std::string& thread, rocksdb::WriteBatch& batch);

 private:
  bool exists(const std::string& key) const;

  JournalStore& store_;
  std::map<std::string, bool> planned_;  // of this batch: whether the row is there after it
};

// A damaged row is counted and passed by.
Result<std::vector<Delivery>> list_deliveries(JournalStore& store,
                                              const std::optional<DeliveryKey>& after,
                                              std::size_t deliveries_max,
                                              JournalMetrics& metrics);

Result<std::optional<Delivery>> read_delivery(JournalStore& store,
                                              const DeliveryKey& key,
                                              JournalMetrics& metrics);

}  // namespace parlance::storage
