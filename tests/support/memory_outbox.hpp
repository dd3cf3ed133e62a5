// An Outbox that holds every callback until the test lets it run.
#pragma once

#include "runtime/ports/outbox.hpp"

#include <deque>
#include <map>
#include <utility>

namespace parlance::tests {

class MemoryOutbox : public Outbox {
 public:
  void deliveries(std::optional<DeliveryKey> after,
                  std::size_t deliveries_max,
                  Listed listed) override {
    pending_.push_back([=, this] {
      if (refuses) return listed(Error{ErrorCode::storage_failed, "too many reads wait", {}, {}});
      std::vector<Delivery> found;
      for (const auto& [key, delivery] : rows) {
        if ((after && key <= *after) || found.size() == deliveries_max) continue;
        found.push_back(delivery);
        found.back().body.clear();
      }
      listed(found);
    });
  }

  void delivery(const DeliveryKey& key, Found found) override {
    pending_.push_back([this, key, found = std::move(found)] {
      if (refuses) return found(Error{ErrorCode::storage_failed, "too many reads wait", {}, {}});
      const auto row = rows.find(key);
      found(row == rows.end() ? std::optional<Delivery>{} : std::optional(row->second));
    });
  }

  void put_off(Delivery delivery) override {
    const auto row = rows.find(delivery.key);
    if (row != rows.end()) row->second = std::move(delivery);
  }

  void remove(const DeliveryKey& key) override { rows.erase(key); }

  // Runs the oldest waiting callback. False when there is none.
  bool answer_next() {
    if (pending_.empty()) return false;
    auto answer = std::move(pending_.front());
    pending_.pop_front();
    answer();
    return true;
  }

  void forget_unanswered() { pending_.clear(); }

  std::map<DeliveryKey, Delivery> rows;
  bool refuses = false;

 private:
  std::deque<std::function<void()>> pending_;
};

}  // namespace parlance::tests
