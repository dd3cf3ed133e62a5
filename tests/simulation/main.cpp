// parlance_simulation: simulates worlds, one for each seed, and stops at the first that breaks a
// promise.
//
//   parlance_simulation [--seeds N] [--first S] [--processes P] [--keep-going]
//   parlance_simulation --seed X [--verbose]
//
// A violation prints its seed and history; --seed X --verbose prints that of any seed. With
// --keep-going each violation is one line and the next seed follows. Processes share the seeds
// among them. Exit code: 0 none, 1 a violation, 2 a wrong argument.
#include "runtime/base/failpoint.hpp"
#include "tests/simulation/simulation.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

namespace {

using parlance::simulation::Outcome;
using parlance::simulation::simulate;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1'000;
  std::uint64_t processes = 1;
  std::optional<std::uint64_t> seed;
  bool verbose = false;
  bool keeps_going = false;
};

std::optional<Arguments> read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (name == "--verbose") {
      arguments.verbose = true;
      continue;
    }
    if (name == "--keep-going") {
      arguments.keeps_going = true;
      continue;
    }
    if (i + 1 == count) return std::nullopt;
    const std::string value = values[++i];
    if (name == "--failpoints") {
      if (!parlance::failpoints_compiled_in() || !parlance::arm_failpoints(value))
        return std::nullopt;
      continue;
    }
    const std::uint64_t number = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--first") {
      arguments.first = number;
    } else if (name == "--seeds") {
      arguments.seeds = number;
    } else if (name == "--processes" && number > 0) {
      arguments.processes = number;
    } else if (name == "--seed") {
      arguments.seed = number;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

void print(std::uint64_t seed, const Outcome& outcome, bool with_history) {
  if (with_history) {
    for (const auto& line : outcome.history)
      std::cout << line << '\n';
  }
  if (!outcome.violation.empty())
    std::cout << "seed " << seed << ": " << outcome.violation << std::endl;
}

// The share of one process: every seed whose number has this remainder.
int run_seeds(const Arguments& arguments, std::uint64_t remainder) {
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::uint64_t turns = 0;
  std::uint64_t seeds = 0;
  std::uint64_t violations = 0;
  const auto started = std::chrono::steady_clock::now();
  for (std::uint64_t i = remainder; i < arguments.seeds; i += arguments.processes) {
    const Outcome outcome = simulate(arguments.first + i);
    const bool broken = !outcome.violation.empty();
    print(arguments.first + i, outcome, arguments.verbose || (broken && !arguments.keeps_going));
    if (broken && !arguments.keeps_going) return 1;
    violations += broken ? 1 : 0;
    ++seeds;
    steps += outcome.steps;
    crashes += outcome.crashes;
    turns += outcome.turns;
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - started);
  std::cout << seeds << " seeds, " << steps << " steps, " << crashes << " crashes, " << turns
            << " turns kept, " << violations << " violations, " << took.count() << " s"
            << std::endl;
  return violations == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** values) {
  const auto arguments = read_arguments(count, values);
  if (!arguments) {
    std::cerr
        << "usage: parlance_simulation [--seeds N] [--first S] [--processes P] [--keep-going] "
           "[--seed X] [--verbose] [--failpoints LIST]\n";
    return 2;
  }
  if (arguments->seed) {
    const Outcome outcome = simulate(*arguments->seed);
    print(*arguments->seed, outcome, arguments->verbose || !outcome.violation.empty());
    std::cout << "digest " << std::hex << outcome.digest << std::endl;
    return outcome.violation.empty() ? 0 : 1;
  }
  std::vector<pid_t> others;
  for (std::uint64_t other = 1; other < arguments->processes; ++other) {
    const pid_t child = fork();
    if (child == 0) return run_seeds(*arguments, other);
    others.push_back(child);
  }
  int worst = run_seeds(*arguments, 0);
  for (const pid_t child : others) {
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) worst = 1;
  }
  return worst;
}
