// parlance_lanes: prints what the lanes of the model pool come to in simulated worlds, and whether
// it is good enough.
//
//   parlance_lanes [SEED] [REPLAYS]
//
// Exit code: 0 every figure holds its bound, 1 one does not.
#include "tests/lanes/figures.hpp"

#include <cstdlib>
#include <iomanip>
#include <iostream>

namespace {

using namespace parlance::lanes;

bool print(const std::string& world, const Figures& figures) {
  std::cout << world << '\n';
  bool hold = true;
  for (const Figure& figure : figures) {
    hold = hold && figure.holds();
    std::cout << "  " << std::left << std::setw(44) << figure.name << std::right << std::fixed
              << std::setprecision(3) << std::setw(9) << figure.value << "   [" << figure.least
              << ", " << figure.most << "]" << (figure.holds() ? "" : "   MISSED") << std::endl;
  }
  return hold;
}

}  // namespace

int main(int count, char** values) {
  const std::uint64_t seed = count > 1 ? std::strtoull(values[1], nullptr, 10) : 1;
  const std::size_t replays = count > 2 ? std::strtoull(values[2], nullptr, 10) : 200;
  bool hold = true;
  for (const Manner manner : {Manner::refuses, Manner::queues}) {
    for (const std::uint32_t slots : {4U, 16U, 64U}) {
      const std::string world = std::to_string(slots) + " slots, " +
                                (manner == Manner::refuses ? "refuses" : "queues") + " beyond them";
      hold = print(world + ": twice its load", saturated(slots, manner, seed, replays)) && hold;
      hold = print(world + ": half its speed", half_speed(slots, manner, seed)) && hold;
      hold = print(world + ": tenants", shares(slots, manner, seed)) && hold;
    }
  }
  hold = print("cannot be reached", outage(Phase::State::down, seed)) && hold;
  hold = print("never answers", outage(Phase::State::hangs, seed)) && hold;
  return hold ? 0 : 1;
}
