// The calls of a role: those that were answered without a call of the provider, and what models
// read for the others.
#pragma once

#include "runtime/metrics/registry.hpp"

#include <cstdint>
#include <string>

namespace parlance {

// Threading: the pool's actor calls; scrapes read.
class RoleMetrics {
 public:
  // `role` is a name from the settings.
  RoleMetrics(Registry& registry, const std::string& role);

  void joined() { joined_.Increment(); }
  // A call of an agent whose answers are kept.
  void looked_up(bool found) { (found ? found_ : missed_).Increment(); }
  void read(std::uint32_t tokens_in, std::uint32_t tokens_in_cached);

 private:
  Counter& joined_;
  Counter& found_;
  Counter& missed_;
  Counter& tokens_in_;
  Counter& tokens_in_cached_;
};

}  // namespace parlance
