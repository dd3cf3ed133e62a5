// A simulated world for one lane: a provider with a number of slots, tenants that want more of it
// than there is, and a clock that jumps from event to event. Nothing sleeps; a seed and the options
// give the same world on every machine, and a call's own times do not depend on the others' fates.
//
// Threading: pure.
#pragma once

#include "runtime/limits/lane.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parlance::lanes {

enum class Manner : std::uint8_t { refuses, queues };  // what a provider does beyond its slots

// From `at_seconds` on the provider is like this.
struct Phase {
  double at_seconds = 0;
  double slowness = 1;  // a call takes so many times its time
  enum class State : std::uint8_t { up, down, hangs } state = State::up;
};

struct Tenant {
  std::string name;
  double load = 1;  // of what the provider can serve
};

struct WorldOptions {
  std::uint64_t seed = 1;
  std::uint32_t slots = 16;
  Manner manner = Manner::refuses;
  std::vector<Phase> phases{{}};
  std::vector<Tenant> tenants{{"a", 0.7}, {"b", 0.7}, {"c", 0.6}};
  double deadline_seconds_min = 5;
  double deadline_seconds_max = 120;
  double seconds = 600;
  LaneLimits limits;
  // Of the calls that are refused at the door from then on, every so many-th is replayed: let in
  // whatever its deadline, in a world that is else the same. 0: none is.
  std::size_t replay_every = 0;
  double replay_from_seconds = 0;
};

// What became of a call. Times are seconds since the world began; negative: it never came to that.
struct Fate {
  std::uint32_t tenant = 0;
  double came = 0;
  double deadline = 0;
  double takes = 0;  // of a slot's time, when the provider is at its usual speed
  std::uint64_t tokens = 0;
  bool refused = false;               // at the door
  std::optional<bool> would_make_it;  // by replay
  double sent = -1;                   // last
  double answered = -1;
  double slot_seconds = 0;  // that its answer took

  bool in_time() const { return answered >= 0 && answered <= deadline; }
  bool would_be_in_time() const { return came + takes <= deadline; }
};

struct History {
  std::vector<Fate> calls;
  std::vector<std::uint32_t> limits;  // at the end of each second
  std::vector<double> sent;           // when calls were sent, those sent again too
  std::vector<double> throttled;      // when calls were refused by the provider
};

// What the slowest and the fastest world of this provider can do in a second.
double calls_per_second(std::uint32_t slots);

History run(const WorldOptions& options);

}  // namespace parlance::lanes
