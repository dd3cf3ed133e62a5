#include "runtime/journal/event.hpp"

namespace parlance {

std::uint64_t turn_of(const Event& event) {
  return std::visit([](const auto& e) { return e.turn; }, event);
}

}  // namespace parlance
