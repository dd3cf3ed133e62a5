// Where webhooks wait for their delivery. The journal puts them there, with the turns' ends
// (Append::deliveries).
//
// storage/rocks_journal.hpp is the real one; tests/support/memory_outbox.hpp answers when the test
// lets it.
#pragma once

#include "runtime/base/result.hpp"
#include "runtime/journal/delivery.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace parlance {

// Threading: every call may come from any thread and returns at once. Each callback runs exactly
// once, on a thread of the store's or within the call; it does nothing but hand over.
//
// Bounds: reads are refused (storage_failed) when too many wait.
class Outbox {
 public:
  using Listed = std::function<void(Result<std::vector<Delivery>>)>;
  using Found = std::function<void(Result<std::optional<Delivery>>)>;

  virtual ~Outbox() = default;

  // Those that wait, without their bodies, at most deliveries_max, after `after` in key order.
  virtual void deliveries(std::optional<DeliveryKey> after,
                          std::size_t deliveries_max,
                          Listed listed) = 0;

  // None: it has gone, with its thread.
  virtual void delivery(const DeliveryKey& key, Found found) = 0;

  // After an attempt that failed. Does nothing to one that has gone. A crash may take it back.
  virtual void put_off(Delivery delivery) = 0;

  // It is over. A crash may take it back: whoever receives it again knows its id.
  virtual void remove(const DeliveryKey& key) = 0;
};

}  // namespace parlance
