// What a lane may spend on doing things again: a share of what succeeds, so that retries can not
// be what keeps a provider down.
//
// Each success earns a tenth of a retry, up to `retries_max`; it begins with all of them.
//
// Threading: none of its own; its lane owns it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace parlance {

struct RetryBudgetOptions {
  double retries_max = 10;
  double earned_by_success = 0.1;
};

class RetryBudget {
 public:
  explicit RetryBudget(RetryBudgetOptions options = {})
      : options_(options),
        left_(options.retries_max) {}

  void succeeded() { left_ = std::min(options_.retries_max, left_ + options_.earned_by_success); }

  // Takes one retry out of it; false when there is none.
  [[nodiscard]] bool take() {
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

  double left() const { return left_; }

 private:
  const RetryBudgetOptions options_;
  double left_;
};

}  // namespace parlance
