// One simulated world: a server on a disk, its clients, its provider, and the accidents that happen
// to them. Everything follows from the seed.
//
// For a while anything may come next: a message of the server's, a step of its journal, a word of
// the provider's, a wish of a client's, time, a crash, a pool that dies, a thread that throws, a
// write that fails. Then accidents and clients stop, and the world has to come to rest by itself:
//
//   1. every turn ends without anyone asking, but for those in quarantine, which an operator frees
//   2. clients that come back are shown all that they were promised
//   3. every thread leaves memory, so every ticket has been given back
#pragma once

#include "tests/simulation/clients.hpp"
#include "tests/simulation/history.hpp"
#include "tests/simulation/random.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace parlance::simulation {

struct Outcome {
  std::string violation;  // empty: none
  std::uint64_t digest = 0;
  std::vector<std::string> history;
  std::size_t steps = 0;
  std::size_t crashes = 0;
  std::size_t turns = 0;  // that were in the journal at the end
};

// With `two_owners` a thread may be told that it has another owner (the failpoint
// directory.loses_thread); else that must not be.
struct Conditions {
  bool two_owners = false;
};

Outcome simulate(std::uint64_t seed, const Conditions& conditions = {});

}  // namespace parlance::simulation
