#include "runtime/metrics/money_metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace parlance {
namespace {

std::string share_text(double share) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", share);
  return text.data();
}

}  // namespace

MoneyMetrics::MoneyMetrics(Registry& registry,
                           const std::vector<std::string>& payers,
                           const std::vector<std::string>& periods,
                           const std::vector<double>& shares)
    : cost_(registry.counter("parlance_model_cost_total",
                             "What calls to models cost, in the currency of the prices")) {
  for (const auto& payer : payers) {
    for (const auto& period : periods) {
      for (const double share : shares) {
        alerts_[{payer, period, share}] =
            &registry.counter("parlance_budget_alerts_total",
                              "Payers that came to this share of their budget",
                              {{"payer", payer}, {"period", period}, {"share", share_text(share)}});
      }
    }
  }
}

void MoneyMetrics::cost(std::int64_t nanos) {
  constexpr double nanos_per_unit = 1e9;
  cost_.Increment(static_cast<double>(std::max<std::int64_t>(0, nanos)) / nanos_per_unit);
}

void MoneyMetrics::alerted(std::string_view payer, std::string_view period, double share) {
  const auto found = alerts_.find({std::string(payer), std::string(period), share});
  if (found != alerts_.end()) found->second->Increment();
}

}  // namespace parlance
