#include "actors/money.hpp"

#include "runtime/llm/tokens.hpp"

#include <algorithm>
#include <cstdint>

namespace parlance::actors {

WorstCase Money::worst_of(const ChatRequest& request) const {
  WorstCase worst;
  const std::uint64_t tokens_in = tokens_max_of(request) - request.tokens_out_max;
  worst.usage.tokens_in =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(tokens_in, UINT32_MAX));
  worst.usage.tokens_out = request.tokens_out_max;
  const auto role = roles_.find(request.role);
  if (role == roles_.end()) return worst;
  for (const auto& lane : role->second) {
    const bool is_chosen = !request.model_override.empty();
    const std::string& model = is_chosen ? request.model_override : lane.model;
    const Amount amount = prices.cost_max_of(lane.provider, model, worst.usage);
    if (worst.model.empty() || amount.nanos > worst.amount.nanos) {
      worst.provider = lane.provider;
      worst.model = model;
      worst.amount = amount;
    }
    if (is_chosen) break;  // such a call stays on its lane
  }
  return worst;
}

}  // namespace parlance::actors
