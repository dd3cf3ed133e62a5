// What models cost, as the operator has it from their providers.
//
// A model is found by "provider/model", else by "model". One that is not there costs what the
// dearest of the table does: nobody spends unseen by naming a model that has no price. Without a
// table, calls cost tokens alone.
//
// Threading: constant after construction.
#pragma once

#include "runtime/llm/chat.hpp"
#include "runtime/money/amount.hpp"

#include <map>
#include <string>

namespace parlance {

// Nano-units for a million tokens.
struct Price {
  std::int64_t input = 0;
  std::int64_t input_cached = 0;
  std::int64_t output = 0;

  // Above it, the cost of a call might not fit its number.
  static constexpr std::int64_t most = 10'000'000'000'000;

  bool operator==(const Price&) const = default;
};

class PriceTable {
 public:
  PriceTable() = default;
  PriceTable(std::string version, std::map<std::string, Price> models);

  const std::string& version() const { return version_; }

  // Rounded up to a whole nano-unit once.
  Amount cost_of(const std::string& provider, const std::string& model, const Usage& usage) const;

  // The most that this usage costs, whatever part of it turns out to have been cached.
  Amount cost_max_of(const std::string& provider, const std::string& model, Usage usage) const;

 private:
  const Price& price_of(const std::string& provider, const std::string& model) const;

  std::string version_;
  std::map<std::string, Price> models_;
  Price dearest_;
};

}  // namespace parlance
