// What the key that sends a call says of it beside others': how large a share its tenant has of a
// lane, and who gives way to whom when there is too little.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parlance {

enum class Criticality : std::uint8_t {
  sheddable,  // refused first, and takes nobody's place
  normal,
  high  // leaves before its tenant's others
};

constexpr std::array<std::string_view, 3> criticality_names{"sheddable", "normal", "high"};

inline std::string_view to_string(Criticality criticality) {
  return criticality_names.at(static_cast<std::size_t>(criticality));
}

inline std::optional<Criticality> criticality_from(std::string_view name) {
  for (std::size_t each = 0; each < criticality_names.size(); ++each)
    if (criticality_names.at(each) == name) return static_cast<Criticality>(each);
  return std::nullopt;
}

struct CallClass {
  static constexpr std::uint32_t weight_max = 100;

  std::uint32_t weight = 1;  // 1 to weight_max
  Criticality criticality = Criticality::normal;

  bool operator==(const CallClass&) const = default;
};

}  // namespace parlance
