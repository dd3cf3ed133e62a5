#include "storage/delivery_rows.hpp"

#include "storage/keys.hpp"
#include "storage/record_codec.hpp"

#include <rocksdb/iterator.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace parlance::storage {

void DeliveryRows::put(const std::string& key,
                       const std::string& value,
                       rocksdb::WriteBatch& batch) {
  batch.Put(store_.deliveries(), key, value);
  planned_[key] = true;
}

void DeliveryRows::replace(const std::string& key,
                           const std::string& value,
                           rocksdb::WriteBatch& batch) {
  if (exists(key)) put(key, value, batch);
}

void DeliveryRows::remove(const std::string& key, rocksdb::WriteBatch& batch) {
  batch.Delete(store_.deliveries(), key);
  planned_[key] = false;
}

void DeliveryRows::erase_of(const std::string& thread, rocksdb::WriteBatch& batch) {
  const std::string prefix = deliveries_prefix(thread);
  std::vector<std::string> keys;
  for (auto row = planned_.lower_bound(prefix);
       row != planned_.end() && row->first.starts_with(prefix);
       ++row) {
    if (row->second) keys.push_back(row->first);
  }
  const std::unique_ptr<rocksdb::Iterator> at(
      store_.db().NewIterator(rocksdb::ReadOptions(), store_.deliveries()));
  for (at->Seek(prefix); at->Valid(); at->Next()) {
    auto key = at->key().ToString();
    if (!key.starts_with(prefix)) break;
    keys.push_back(std::move(key));
  }
  if (!at->status().ok()) throw std::runtime_error(at->status().ToString());
  for (const auto& key : keys)
    remove(key, batch);
}

bool DeliveryRows::exists(const std::string& key) const {
  const auto planned = planned_.find(key);
  if (planned != planned_.end()) return planned->second;
  rocksdb::PinnableSlice value;
  return store_.db().Get(rocksdb::ReadOptions(), store_.deliveries(), key, &value).ok();
}

Result<std::vector<Delivery>> list_deliveries(JournalStore& store,
                                              const std::optional<DeliveryKey>& after,
                                              std::size_t deliveries_max,
                                              JournalMetrics& metrics) {
  std::vector<Delivery> found;
  const std::unique_ptr<rocksdb::Iterator> at(
      store.db().NewIterator(rocksdb::ReadOptions(), store.deliveries()));
  if (after) {
    at->Seek(delivery_key(*after) + '\0');
  } else {
    at->SeekToFirst();
  }
  for (; at->Valid() && found.size() < deliveries_max; at->Next()) {
    auto key = delivery_of(at->key().ToString());
    auto delivery = decode_delivery(at->value().ToString());
    if (!key || !delivery) {
      metrics.record_damaged();
      continue;
    }
    delivery->key = std::move(*key);
    delivery->body.clear();
    found.push_back(std::move(*delivery));
  }
  if (!at->status().ok()) return storage_error("listing webhooks", at->status());
  return found;
}

Result<std::optional<Delivery>> read_delivery(JournalStore& store,
                                              const DeliveryKey& key,
                                              JournalMetrics& metrics) {
  rocksdb::PinnableSlice value;
  const auto status =
      store.db().Get(rocksdb::ReadOptions(), store.deliveries(), delivery_key(key), &value);
  if (status.IsNotFound()) return std::optional<Delivery>{};
  if (!status.ok()) return storage_error("reading a webhook", status);
  auto delivery = decode_delivery(value.ToString());
  if (!delivery) {
    metrics.record_damaged();
    return delivery.error();
  }
  delivery->key = key;
  return std::optional<Delivery>{std::move(*delivery)};
}

}  // namespace parlance::storage
