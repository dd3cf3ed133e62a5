#include "runtime/metrics/role_metrics.hpp"

namespace parlance {
namespace {

Counter& kept_answers(Registry& registry, const std::string& role, const char* outcome) {
  return registry.counter("parlance_kept_answers_total",
                          "Calls that a kept answer might have answered",
                          {{"role", role}, {"outcome", outcome}});
}

}  // namespace

RoleMetrics::RoleMetrics(Registry& registry, const std::string& role)
    : joined_(registry.counter("parlance_calls_joined_total",
                               "Calls that waited for the answer to one like them",
                               {{"role", role}})),
      found_(kept_answers(registry, role, "found")),
      missed_(kept_answers(registry, role, "missed")),
      tokens_in_(registry.counter(
          "parlance_role_input_tokens_total", "Tokens that models read", {{"role", role}})),
      tokens_in_cached_(registry.counter("parlance_role_cached_input_tokens_total",
                                         "Of these, those that a provider had read before",
                                         {{"role", role}})) {}

void RoleMetrics::read(std::uint32_t tokens_in, std::uint32_t tokens_in_cached) {
  tokens_in_.Increment(tokens_in);
  tokens_in_cached_.Increment(tokens_in_cached);
}

}  // namespace parlance
