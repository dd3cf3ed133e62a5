// What calls to models cost, and budgets that somebody comes to the end of.
//
// Threading: safe.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace parlance {

class MoneyMetrics {
 public:
  // A counter for each payer, period and share that there may be an alert of.
  MoneyMetrics(Registry& registry,
               const std::vector<std::string>& payers,
               const std::vector<std::string>& periods,
               const std::vector<double>& shares);

  // In nano-units.
  void cost(std::int64_t nanos);
  void alerted(std::string_view payer, std::string_view period, double share);

 private:
  Counter& cost_;
  std::map<std::tuple<std::string, std::string, double>, Counter*> alerts_;
};

}  // namespace parlance
