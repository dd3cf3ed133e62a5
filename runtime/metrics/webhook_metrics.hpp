// What is counted of webhooks.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <cstddef>

namespace parlance {

// Threading: the sender calls; scrapes read.
class WebhookMetrics {
 public:
  explicit WebhookMetrics(Registry& registry);

  void delivered() { delivered_.Increment(); }
  void attempt_failed() { failed_.Increment(); }
  void gone() { gone_.Increment(); }  // the receiver wants no more of it
  void out_of_time() { out_of_time_.Increment(); }
  void waiting(std::size_t deliveries) { waiting_.Set(static_cast<double>(deliveries)); }

 private:
  Counter& delivered_;
  Counter& failed_;
  Counter& gone_;
  Counter& out_of_time_;
  Gauge& waiting_;
};

}  // namespace parlance
