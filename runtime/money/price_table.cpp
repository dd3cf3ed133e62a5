#include "runtime/money/price_table.hpp"

#include <algorithm>
#include <utility>

namespace parlance {

PriceTable::PriceTable(std::string version, std::map<std::string, Price> models)
    : version_(std::move(version)),
      models_(std::move(models)) {
  for (const auto& [name, price] : models_) {
    dearest_.input = std::max(dearest_.input, price.input);
    dearest_.input_cached = std::max(dearest_.input_cached, price.input_cached);
    dearest_.output = std::max(dearest_.output, price.output);
  }
}

const Price& PriceTable::price_of(const std::string& provider, const std::string& model) const {
  auto found = models_.find(provider + '/' + model);
  if (found == models_.end()) found = models_.find(model);
  return found == models_.end() ? dearest_ : found->second;
}

// Whole nano-units for each token and the rest of the division are summed apart: their product
// with a count of 32 bits fits.
Amount PriceTable::cost_of(const std::string& provider,
                           const std::string& model,
                           const Usage& usage) const {
  constexpr std::int64_t million = 1'000'000;
  const Price& price = price_of(provider, model);
  const std::int64_t cached = std::min(usage.tokens_in_cached, usage.tokens_in);
  Amount cost{std::int64_t{usage.tokens_in} + usage.tokens_out, 0};
  std::int64_t rest = 0;
  for (const auto& [tokens, each] : {std::pair{usage.tokens_in - cached, price.input},
                                     std::pair{cached, price.input_cached},
                                     std::pair{std::int64_t{usage.tokens_out}, price.output}}) {
    cost.nanos += tokens * (each / million);
    rest += tokens * (each % million);
  }
  cost.nanos += (rest + million - 1) / million;
  return cost;
}

Amount PriceTable::cost_max_of(const std::string& provider,
                               const std::string& model,
                               Usage usage) const {
  usage.tokens_in_cached = 0;
  const Amount fresh = cost_of(provider, model, usage);
  usage.tokens_in_cached = usage.tokens_in;
  const Amount cached = cost_of(provider, model, usage);
  return {fresh.tokens, std::max(fresh.nanos, cached.nanos)};
}

}  // namespace parlance
